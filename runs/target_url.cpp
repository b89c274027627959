#include "runs/target_url.hpp"

#include "probes/curl_handles.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace gelombang {

Result<TargetUrl> parse_target(std::string_view text) {
  const CurlUrl url(curl_url());
  // The error does not quote the text: it may hold a password.
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) {
    return Error{"--target: expected a URL such as http://127.0.0.1:8080"};
  }
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    return Error{"--target: a URL with a user or password is refused: give secrets with --set-secret"};
  }
  TargetUrl target;
  target.scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (target.scheme != "http" && target.scheme != "https") {
    return Error{fmt::format("--target: scheme '{}': expected http or https", target.scheme)};
  }
  target.host = url_part(url.get(), CURLUPART_HOST);
  if (target.host.size() > 2 && target.host.front() == '[') target.host = target.host.substr(1, target.host.size() - 2);
  const std::string port = url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), target.port);
  curl_url_set(url.get(), CURLUPART_QUERY, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  target.text = url_part(url.get(), CURLUPART_URL);
  while (!target.text.empty() && target.text.back() == '/') target.text.pop_back();
  return target;
}

}  // namespace gelombang
