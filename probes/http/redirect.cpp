#include "probes/http/redirect.hpp"

#include "probes/curl_handles.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gelombang {
std::optional<Result<HttpUrl>> redirect_target(const HttpUrl& from, int status, const ResponseHeaders& headers) {
  static constexpr std::array<int, 5> kRedirects{301, 302, 303, 307, 308};
  if (std::find(kRedirects.begin(), kRedirects.end(), status) == kRedirects.end()) return std::nullopt;
  const std::optional<std::string_view> location = headers.find("Location");
  if (!location) return std::nullopt;
  const CurlUrl url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, from.full.c_str(), 0) != CURLUE_OK) return Error{"out of memory"};
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(*location).c_str(),
                                      CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE);
  if (code != CURLUE_OK) return Error{std::string("Location is not a URL: ") + curl_url_strerror(code)};
  char* text = nullptr;
  if (curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return Error{"Location is not a URL"};
  const CurlText owned(text);
  return parse_http_url(text, Userinfo::strip);
}

RedirectedMethod redirected_method(HttpMethod method, int status) noexcept {
  if (status == 303 && method != HttpMethod::head) return {HttpMethod::get, false};
  if ((status == 301 || status == 302) && method == HttpMethod::post) return {HttpMethod::get, false};
  return {method, true};
}

void strip_headers(std::vector<HttpHeader>& headers, bool same_origin, bool keeps_body) {
  static constexpr std::array<std::string_view, 3> kCredentials{"Authorization", "Cookie", "Host"};
  static constexpr std::array<std::string_view, 5> kBody{"Content-Type", "Content-Encoding", "Content-Language",
                                                         "Content-Location", "Content-Disposition"};
  const auto named = [](const HttpHeader& header, const auto& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return same_header_name(header.name, name); });
  };
  headers.erase(std::remove_if(headers.begin(), headers.end(),
                               [&](const HttpHeader& header) {
                                 return (!same_origin && named(header, kCredentials)) ||
                                        (!keeps_body && named(header, kBody));
                               }),
                headers.end());
}

}  // namespace gelombang
