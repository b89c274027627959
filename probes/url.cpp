#include "probes/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace gelombang {
namespace {

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string without_query(const HttpUrl& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string text = url.scheme + (v6 ? "://[" : "://") + url.host + (v6 ? "]" : "");
  if (url.port != (url.scheme == "https" ? 443 : 80)) text += ":" + std::to_string(url.port);
  return text + url.path;
}

// Parses the URL with the flags that libcurl 7.88 itself would use. Null for IPv6, because libcurl copies no zone of an
// IPv6 address from such a handle.
std::shared_ptr<CURLU> as_libcurl_reads(const HttpUrl& url) {
  if (url.host.find(':') != std::string::npos) return nullptr;
  CurlUrl parsed(curl_url());
  constexpr unsigned kFlags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.full.c_str(), kFlags) != CURLUE_OK) return nullptr;
  return parsed;
}

// An escaped host may become another host when it is read again: "%334" becomes "34", which is 0.0.0.34.
bool reads_as_itself(const std::string& full) {
  const CurlUrl again(curl_url());
  return again && curl_url_set(again.get(), CURLUPART_URL, full.c_str(), 0) == CURLUE_OK &&
         url_part(again.get(), CURLUPART_URL) == full;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text, Userinfo userinfo) {
  if (text.find('\0') != std::string_view::npos) return Error{"a URL holds a zero byte"};
  const CurlUrl url(curl_url());
  if (!url) return Error{"out of memory"};
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return Error{std::string("not a URL: ") + curl_url_strerror(code)};
  HttpUrl result;
  result.scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (result.scheme != "http" && result.scheme != "https") {
    return Error{"scheme '" + result.scheme + "' is neither http nor https"};
  }
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    if (userinfo == Userinfo::refuse) return Error{"a URL must not hold a user name or password"};
    curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  }
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  result.host = url_part(url.get(), CURLUPART_HOST);
  if (result.host.size() > 2 && result.host.front() == '[') result.host = result.host.substr(1, result.host.size() - 2);
  std::transform(result.host.begin(), result.host.end(), result.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (result.host.empty()) return Error{"a URL needs a host"};
  result.port = static_cast<std::uint16_t>(
      std::strtoul(url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str(), nullptr, 10));
  result.path = url_part(url.get(), CURLUPART_PATH);
  result.full = url_part(url.get(), CURLUPART_URL);
  if (text.find('%') != std::string_view::npos && !reads_as_itself(result.full)) {
    return Error{"the URL's escaped host changes when it is decoded again: write it without percent escapes"};
  }
  result.shown = without_query(result);
  result.literal = is_address(result.host);
  return result;
}

Result<std::shared_ptr<const HttpUrl>> HttpUrlCache::parse(const std::string& text) {
  constexpr std::size_t kMost = 256;  // URLs that hold a token come once and would fill the memory
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  Result<HttpUrl> url = parse_http_url(text);
  if (!url) return url.error();
  url->parsed = as_libcurl_reads(*url);
  if (known_.size() >= kMost) known_.clear();
  return known_.emplace(text, std::make_shared<const HttpUrl>(std::move(*url))).first->second;
}

}  // namespace gelombang
