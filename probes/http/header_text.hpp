// What a script may put into a header (RFC 9110, 5.1 and 5.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// A token.
[[nodiscard]] bool is_header_name(std::string_view text) noexcept;
// No control characters but tabs: a line break would begin another header.
[[nodiscard]] bool is_header_value(std::string_view text) noexcept;

// A name or an address, and maybe a port. Text that only a lenient server would take for a host is refused.
[[nodiscard]] bool is_host_header(std::string_view text);

// Why a request cannot carry the header; nullopt if it can. Also refuses headers that a script must not set.
std::optional<std::string> header_problem(std::string_view name, std::string_view value);

}  // namespace gelombang
