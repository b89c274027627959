// Host names as the guard compares them: one spelling for each host, and nothing that two parsers
// could read in two ways.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// Lower case, without port, brackets and the dot at the end; an address literal in its one canonical
// form. nullopt for everything that is not plainly a host: userinfo, percent signs, bytes beyond ASCII,
// empty labels, numbers such as 127.1 or 0x7f000001.
std::optional<std::string> normalise_host(std::string_view host);

// go.id and everything under it: asks for consent by name on every address. Takes a normalised host.
[[nodiscard]] bool needs_named_consent(std::string_view host) noexcept;

}  // namespace gelombang
