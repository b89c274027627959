#include "engine/load/access_log.hpp"

#include "engine/load/recorded_time.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace gelombang {
namespace {

// Takes the text before `end` off the front, and `end` too; nullopt if there is no `end`.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) noexcept {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return part;
}

// Takes a quoted text off the front; returns its inside. A backslash escapes (nginx writes \x22 for a quote, Apache
// \").
std::optional<std::string_view> take_quoted(std::string_view& text) noexcept {
  if (text.empty() || text.front() != '"') return std::nullopt;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      const std::string_view inside = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return inside;
    }
  }
  return std::nullopt;
}

// Reads an address: 192.0.2.1, 2001:db8::1%eth0, or with a port 192.0.2.1:443, [2001:db8::1]:443.
struct ClientAddress {
  std::string_view text;  // empty if it is not an address
  bool port = false;
};
ClientAddress read_address(std::string_view token) noexcept {
  ClientAddress result;
  std::string_view host = token;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view behind = host.substr(end + 1);
    result.port = behind.starts_with(':');
    if (!behind.empty() && !result.port) return {};
    host = host.substr(1, end - 1);
  } else if (host.find('.') != std::string_view::npos && std::count(host.begin(), host.end(), ':') == 1) {
    result.port = true;
    host = host.substr(0, host.find(':'));
  }
  std::array<char, 64> text{};
  const std::string_view bare = host.substr(0, host.find('%'));
  if (bare.size() >= text.size()) return {};
  std::copy(bare.begin(), bare.end(), text.begin());
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, text.data(), bytes.data()) == 1 || ::inet_pton(AF_INET6, text.data(), bytes.data()) == 1)
    result.text = host;
  return result;
}

// A DNS name, perhaps with a port.
bool is_host(std::string_view token) noexcept {
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return std::any_of(token.begin(), token.end(), plain) && std::all_of(token.begin(), token.end(), [&](char c) {
           return plain(c) || c == '.' || c == '-' || c == '_' || c == ':';
         });
}

// Reads the part before the time: client, identity and user, or a virtual host and then these three. Only the user may
// have blanks. An ambiguous line is refused: if a host were taken for the client, all visitors would become one.
std::string_view read_client(std::string_view before, AccessLogLine& line) noexcept {
  std::string_view rest = before;
  const auto token = [&rest] {
    const std::string_view part = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
  };
  const std::string_view first = token();
  const std::string_view second = token();
  const ClientAddress address = read_address(first);
  const ClientAddress behind = read_address(second);
  if (!address.text.empty() && behind.text.empty()) {
    line.client = address.text;
    return {};
  }
  if (!behind.text.empty()) {
    if (!address.text.empty() && !address.port) return "two addresses before the time";
    if (address.text.empty() && !is_host(first)) return "no client address";
    line.client = behind.text;
    return {};
  }
  const std::string_view user = rest;
  const bool three = !user.empty() && user.find(' ') == std::string_view::npos && read_address(user).text.empty();
  if (!is_host(first) || second != "-" || !three) return "no client address";
  line.client = first;
  line.named = true;
  return {};
}

// Whether the text after the last blank is the version of HTTP: a path may have blanks of its own.
bool is_version(std::string_view text) noexcept {
  return text.size() >= 6 && text.size() <= 8 && text.starts_with("HTTP/") &&
         std::all_of(text.begin() + 5, text.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

// "GET /path?query HTTP/1.1", also with an absolute URL and without a version.
std::string_view read_request(std::string_view request, AccessLogLine& line) noexcept {
  const auto name = take_until(request, " ");
  if (!name) return "no request in it";
  const auto method = http_method(*name);
  if (!method) return "a method that is not played";
  line.method = *method;
  std::string_view url = request;
  if (const auto last = url.rfind(' '); last != std::string_view::npos) {
    if (!is_version(url.substr(last + 1))) return "a path with blanks, and no version of HTTP behind it";
    url = url.substr(0, last);
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    url.remove_prefix(std::min(url.find('/'), url.size()));
    if (url.empty()) url = "/";
  }
  if (!url.starts_with('/')) return "a request without a path";
  const auto blanks = static_cast<std::size_t>(std::count(url.begin(), url.end(), ' '));
  if (url.size() + 2 * blanks > kLongestLoggedPath) return "a path of more than 1024 bytes";
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '\\'; });
  if (!plain) return "a path with characters that do not belong there";
  url = url.substr(0, url.find('#'));
  const auto query = std::min(url.find('?'), url.size());
  line.path = url.substr(0, query);
  line.query = url.substr(query);
  // It is unknown how the server read such a path, so the line is refused.
  if (line.query.find(' ') != std::string_view::npos) return "a query with blanks";
  return {};
}

std::string_view read_line(std::string_view text, AccessLogLine& line) noexcept {
  if (text.find(' ') == std::string_view::npos) return "no client address";
  const auto before = take_until(text, " [");
  if (!before) return "no time in brackets";
  if (const std::string_view problem = read_client(*before, line); !problem.empty()) return problem;
  const auto time = take_until(text, "] ");
  const auto parsed = time ? parse_log_time(*time) : std::nullopt;
  if (!parsed) return "no time such as [04/Mar/2021:12:00:00 +0700]";
  line.time = *parsed;
  const auto request = take_quoted(text);
  if (!request) return "no request in quotes";
  if (const std::string_view problem = read_request(*request, line); !problem.empty()) return problem;
  if (text.size() < 4 || text[0] != ' ' || (text.size() > 4 && text[4] != ' ')) return "no status";
  for (std::size_t i = 1; i < 4; ++i) {
    if (text[i] < '0' || text[i] > '9') return "no status";
    line.status = static_cast<std::uint16_t>(line.status * 10 + (text[i] - '0'));
  }
  if (line.status < 100 || line.status > 599) return "no status";
  // Only the combined format has fields after the size. They may be missing.
  text.remove_prefix(4);
  const auto size = take_until(text, " \"");
  if (!size) return {};
  text = std::string_view(text.data() - 1, text.size() + 1);
  if (!take_quoted(text) || !text.starts_with(' ')) return {};
  text.remove_prefix(1);
  line.user_agent = take_quoted(text).value_or(std::string_view());
  // If a page's URL were taken for the user agent, each click would be another visitor.
  const bool page = line.user_agent.starts_with("http://") || line.user_agent.starts_with("https://");
  return page ? "a URL where the user agent is expected" : std::string_view();
}

}  // namespace

std::optional<AccessLogLine> parse_access_line(std::string_view line, std::string_view& problem) noexcept {
  AccessLogLine result;
  problem = read_line(line, result);
  if (!problem.empty()) return std::nullopt;
  return result;
}

std::string as_asked(std::string_view path) {
  std::string result;
  for (const char c : path) {
    if (c == ' ') {
      result += "%20";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace gelombang
