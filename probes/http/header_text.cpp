#include "probes/http/header_text.hpp"

#include "base/ascii.hpp"
#include "base/json_writer.hpp"
#include "probes/consent/host.hpp"
#include "probes/http/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace gelombang {
namespace {

constexpr std::size_t place_of(char c) noexcept { return static_cast<unsigned char>(c); }

// Tables, because every character of every request header is checked.
constexpr auto kOfName = [] {
  std::array<bool, 256> of{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) of[place_of(c)] = true;
  for (char c = '!'; c <= '~'; ++c) of[place_of(c)] = of[place_of(c)] || is_letter(c) || is_digit(c);
  return of;
}();
constexpr auto kOfValue = [] {
  std::array<bool, 256> of{};
  for (std::size_t c = 0; c < of.size(); ++c) of[c] = (c >= 0x20 && c != 0x7f) || c == '\t';
  return of;
}();

}  // namespace

bool is_host_header(std::string_view text) {
  if (!normalise_host(text)) return false;
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return true;
  if (bracket == std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) return false;
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_header_name(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return kOfName[place_of(c)]; });
}

bool is_header_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return kOfValue[place_of(c)]; });
}

std::optional<std::string> header_problem(std::string_view name, std::string_view value) {
  if (!is_header_name(name)) {
    return fmt::format("header '{}': expected a name of letters, digits and -", printable(name));
  }
  if (!is_header_value(value)) {
    return fmt::format("header {}: a header may not hold line breaks and control characters", name);
  }
  const auto is = [name](std::string_view other) { return same_header_name(name, other); };
  if (is("content-length") || is("transfer-encoding"))
    return fmt::format("header {}: it must not be set, because it is derived from the body", name);
  if (is("traceparent")) return fmt::format("header {}: it must not be set, because each request gets its own", name);
  if (is("expect")) return fmt::format("header {}: ask for it with expect_continue = true", name);
  if (is("host") && !is_host_header(value)) {
    return fmt::format("header {}: '{}' is no host: expected a name or an address, and maybe a port", name,
                       printable(value));
  }
  return std::nullopt;
}

}  // namespace gelombang
