#include "engine/privacy/seen_secrets.hpp"

#include <algorithm>

namespace gelombang {
namespace {

// As many cookies as a browser keeps for a site, but more bytes.
constexpr std::size_t kMostSecrets = 180;
constexpr std::ptrdiff_t kMostOfCookie = 4;
constexpr std::size_t kMostBytes = std::size_t{256} * 1024;

}  // namespace

void SeenSecrets::clear() {
  secrets_.clear();
  bytes_ = 0;
}

void SeenSecrets::forget(std::deque<Secret>::iterator secret) {
  bytes_ -= secret->value.size();
  secrets_.erase(secret);
}

void SeenSecrets::remember(std::string_view value, std::string_view cookie) {
  if (value.size() < Redactor::kShortest || value.size() > kMostBytes) return;
  const auto same = [value](const Secret& secret) { return secret.value == value; };
  if (std::any_of(secrets_.begin(), secrets_.end(), same)) return;
  const auto of_cookie = [cookie](const Secret& secret) { return secret.cookie == cookie; };
  if (!cookie.empty() && std::count_if(secrets_.begin(), secrets_.end(), of_cookie) >= kMostOfCookie) {
    forget(std::find_if(secrets_.begin(), secrets_.end(), of_cookie));
  }
  secrets_.push_back({std::string(value), std::string(cookie)});
  bytes_ += value.size();
  while (secrets_.size() > kMostSecrets || bytes_ > kMostBytes) forget(secrets_.begin());
}

void SeenSecrets::remember_link(std::string_view link) {
  remember(link);
  // A token may be any value of the query, the last part of the path, or any other part with a digit.
  const std::string_view path = link.substr(0, link.find_first_of("?#"));
  std::size_t first = link.find("://");
  first = first == std::string_view::npos ? 0 : link.find('/', first + 3);
  while (first < link.size()) {
    const std::size_t end = std::min(link.find_first_of("/?&=#;", first), link.size());
    const std::string_view part = link.substr(first, end - first);
    const bool is_value = first > 0 && link[first - 1] == '=';
    const bool has_digit = part.find_first_of("0123456789") != std::string_view::npos;
    if (is_value || has_digit || end == path.size() || end == link.size()) remember(part);
    first = end + 1;
  }
}

// `cookie` is the value of a Set-Cookie header.
void SeenSecrets::remember_cookie(std::string_view cookie, std::string_view shown_cookie) {
  const std::size_t equals = cookie.find('=');
  if (!shown_cookie.empty() && cookie.substr(0, equals) == shown_cookie) return;
  std::string_view value = cookie.substr(0, cookie.find(';'));
  if (equals < value.size()) value.remove_prefix(equals + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '"')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '"')) value.remove_suffix(1);
  remember(value, cookie.substr(0, std::min(equals, cookie.size())));
}

void SeenSecrets::remember_cookies(const HttpResult& result, std::string_view shown_cookie) {
  // The page after a redirect may show a cookie that the redirect set.
  for (const std::string& cookie : result.passed_cookies) remember_cookie(cookie, shown_cookie);
  if (!result.response.headers.may_have("set-cookie")) return;
  for (const auto& [name, cookie] : result.response.headers) {
    if (same_header_name(name, "set-cookie")) remember_cookie(cookie, shown_cookie);
  }
}

void SeenSecrets::add_to(Redactor& redactor) const {
  for (const Secret& secret : secrets_) redactor.add(secret.value);
}

}  // namespace gelombang
