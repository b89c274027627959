#include "engine/access_log.hpp"

#include "engine/recorded_time.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gelombang {
namespace {

// Takes what stands up to `end` off the front, and `end` too; nothing where there is no such end.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) noexcept {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return part;
}

// The inside of a quoted text, in which a backslash escapes (nginx writes \x22 for a quote, Apache \").
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

std::optional<HttpMethod> parse_method(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, HttpMethod>, 7> kMethods{{{"GET", HttpMethod::get},
                                                                                    {"HEAD", HttpMethod::head},
                                                                                    {"POST", HttpMethod::post},
                                                                                    {"PUT", HttpMethod::put},
                                                                                    {"PATCH", HttpMethod::patch},
                                                                                    {"DELETE", HttpMethod::delete_},
                                                                                    {"OPTIONS", HttpMethod::options}}};
  for (const auto& [known, method] : kMethods) {
    if (known == name) return method;
  }
  return std::nullopt;
}

// "GET /path?query HTTP/1.1", also with an absolute URL and without a version.
std::string_view read_request(std::string_view request, AccessLogLine& line) noexcept {
  const auto name = take_until(request, " ");
  if (!name) return "no request in it";
  const auto method = parse_method(*name);
  if (!method) return "a method that is not played";
  line.method = *method;
  std::string_view url = request.substr(0, request.find(' '));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    url.remove_prefix(std::min(url.find('/'), url.size()));
    if (url.empty()) url = "/";
  }
  if (!url.starts_with('/')) return "a request without a path";
  if (url.size() > kLongestLoggedPath) return "a path of more than 1024 bytes";
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  if (!plain) return "a path with characters that do not belong there";
  url = url.substr(0, url.find('#'));
  const auto query = std::min(url.find('?'), url.size());
  line.path = url.substr(0, query);
  line.query = url.substr(query);
  return {};
}

std::string_view read_line(std::string_view text, AccessLogLine& line) noexcept {
  const auto client = take_until(text, " ");
  if (!client || client->empty()) return "no client address";
  line.client = *client;
  // The user's name, which stands before it, may hold anything.
  if (!take_until(text, " [")) return "no time in brackets";
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
  if (line.status < 100) return "no status";
  // What follows the size is there in the combined format only, and is missed by nobody.
  text.remove_prefix(4);
  const auto size = take_until(text, " \"");
  if (!size) return {};
  text = std::string_view(text.data() - 1, text.size() + 1);
  if (!take_quoted(text) || !text.starts_with(' ')) return {};
  text.remove_prefix(1);
  line.user_agent = take_quoted(text).value_or(std::string_view());
  return {};
}

}  // namespace

std::optional<AccessLogLine> parse_access_line(std::string_view line, std::string_view& problem) noexcept {
  AccessLogLine result;
  problem = read_line(line, result);
  if (!problem.empty()) return std::nullopt;
  return result;
}

}  // namespace gelombang
