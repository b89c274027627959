// Host names as the guard compares them: one spelling for each host, and no name that two parsers could read in two
// ways.
#pragma once

#include "metrics/sample.hpp"
#include "probes/consent/address_class.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// Lower case, without port, brackets and the final dot; an address literal in its canonical form. nullopt for
// everything that is not plainly a host: userinfo, percent signs, bytes beyond ASCII, empty labels, numbers such as
// 127.1 or 0x7f000001.
std::optional<std::string> normalise_host(std::string_view host);

// A host as a request names it, with the results of normalise_host and parse_address.
struct NamedHost {
  std::string as_named;
  std::optional<std::string> name;       // normalised; none: not plainly a host
  std::optional<RemoteAddress> address;  // if the name is a literal
  AddressFacts facts;                    // of that address; denied if there is none
};

// Each thread caches its last result, because a run asks about the same host with every request. The result is valid
// until this thread's next call.
const NamedHost& read_host(std::string_view host);

// go.id and all its subdomains need consent by name on every address. Takes a normalised host.
[[nodiscard]] bool needs_named_consent(std::string_view host) noexcept;

}  // namespace gelombang
