#include "runs/target_url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>

namespace gelombang {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

}  // namespace

Result<TargetUrl> parse_target(std::string_view text) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  // What is wrong is said without the text itself: it may hold a password.
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) {
    return Error{"--target: expected a URL such as http://127.0.0.1:8080"};
  }
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()) {
    return Error{"--target: a URL with a user or password is refused: give secrets with --set-secret"};
  }
  TargetUrl target;
  target.scheme = part(url.get(), CURLUPART_SCHEME);
  if (target.scheme != "http" && target.scheme != "https") {
    return Error{fmt::format("--target: scheme '{}': expected http or https", target.scheme)};
  }
  target.host = part(url.get(), CURLUPART_HOST);
  if (target.host.size() > 2 && target.host.front() == '[') target.host = target.host.substr(1, target.host.size() - 2);
  const std::string port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), target.port);
  curl_url_set(url.get(), CURLUPART_QUERY, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  target.text = part(url.get(), CURLUPART_URL);
  while (!target.text.empty() && target.text.back() == '/') target.text.pop_back();
  return target;
}

}  // namespace gelombang
