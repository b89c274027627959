#include "probes/http/cookies.hpp"

#include "probes/url.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <map>

namespace gelombang {
namespace {

struct CookieFields {
  std::string_view domain;
  bool subdomains = false;
  std::string_view path;
  bool secure = false;
  std::string_view name;
  std::string_view value;
};

// "domain \t subdomains \t path \t secure \t expires \t name \t value"
CookieFields split_line(std::string_view line) {
  static constexpr std::string_view kHttpOnly = "#HttpOnly_";
  if (line.substr(0, kHttpOnly.size()) == kHttpOnly) line.remove_prefix(kHttpOnly.size());
  std::array<std::string_view, 7> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t tab = i + 1 < fields.size() ? line.find('\t') : std::string_view::npos;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  if (!fields[0].empty() && fields[0].front() == '.') fields[0].remove_prefix(1);
  return {fields[0], fields[1] == "TRUE", fields[2], fields[3] == "TRUE", fields[5], fields[6]};
}

bool domain_matches(const CookieFields& cookie, const std::string& host) {
  const auto same = [](std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
  };
  if (same(cookie.domain, host)) return true;
  if (!cookie.subdomains || host.size() <= cookie.domain.size()) return false;
  const std::string_view tail = std::string_view(host).substr(host.size() - cookie.domain.size());
  return same(tail, cookie.domain) && host[host.size() - cookie.domain.size() - 1] == '.';
}

// libcurl's own rule; elsewhere more hosts count as loopback.
bool gets_secure_cookies_plainly(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

bool path_matches(std::string_view cookie_path, std::string_view path) {
  if (cookie_path.empty() || cookie_path == "/") return true;
  if (path.substr(0, cookie_path.size()) != cookie_path) return false;
  return path.size() == cookie_path.size() || cookie_path.back() == '/' || path[cookie_path.size()] == '/';
}

}  // namespace

std::vector<std::string> surplus_cookies(const curl_slist* lines) {
  std::map<std::string_view, std::size_t> of_domain;
  std::size_t all = 0;
  for (const curl_slist* line = lines; line != nullptr; line = line->next, ++all) {
    ++of_domain[split_line(line->data).domain];
  }
  for (auto& [domain, count] : of_domain) count = count > kMaxCookiesOfDomain ? count - kCookiesAfterTrim : 0;
  std::vector<std::string> forget;
  for (const curl_slist* line = lines; line != nullptr; line = line->next) {
    const std::string_view text = line->data;
    const CookieFields cookie = split_line(text);
    std::size_t& surplus = of_domain[cookie.domain];
    if (surplus == 0 && all <= kMaxCookies) continue;
    if (surplus > 0) --surplus;
    --all;
    // The same line with an expiry long ago and without its value. The name is the second last field.
    const std::size_t value = text.rfind('\t');
    const std::size_t name = text.rfind('\t', value - 1);
    const std::size_t expiry = text.rfind('\t', name - 1);
    forget.push_back(std::string(text.substr(0, expiry)) + "\t1\t" + std::string(cookie.name) + '\t');
  }
  return forget;
}

std::string cookie_for(const curl_slist* lines, std::string_view url, std::string_view name) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  if (!parsed) return {};
  std::string value;
  std::size_t longest = 0;
  bool found = false;
  for (const curl_slist* line = lines; line != nullptr; line = line->next) {
    const CookieFields cookie = split_line(line->data);
    if (cookie.name != name || !domain_matches(cookie, parsed->host) || !path_matches(cookie.path, parsed->path)) {
      continue;
    }
    if (cookie.secure && parsed->scheme != "https" && !gets_secure_cookies_plainly(parsed->host)) continue;
    if (found && cookie.path.size() < longest) continue;
    found = true;
    longest = cookie.path.size();
    value = cookie.value;
  }
  return value;
}

std::string cookie_line(std::string_view url, std::string_view name, std::string_view value) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!parsed || name.empty() || name.find_first_of("=;") != std::string_view::npos ||
      value.find(';') != std::string_view::npos || std::any_of(name.begin(), name.end(), is_control) ||
      std::any_of(value.begin(), value.end(), is_control)) {
    return {};
  }
  return parsed->host + "\tFALSE\t/\tFALSE\t0\t" + std::string(name) + '\t' + std::string(value);
}

}  // namespace gelombang
