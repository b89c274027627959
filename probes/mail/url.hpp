// The URL that a mail program opens for an address in a mail: browsers mend a lot before they request it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gelombang {

inline constexpr std::size_t kMaxLinkUrlBytes = 4096;

// The http or https URL that `text` (UTF-8) means, as the WHATWG URL standard parses and serializes it: blanks around
// it are trimmed, tabs and line breaks are dropped, backslashes become slashes, the scheme and the host become lower
// case, a host in other letters becomes punycode, and characters that a path or query may not hold are percent-encoded.
// A user name is removed, because browsers do not send it unasked. `base`: what a relative address is relative to, as
// this function returned it; empty: relative addresses are refused.
//
// Empty if no program would open the URL, or if HttpClient could not: another scheme, no host, an invalid port.
std::string mend_url(std::string_view text, std::string_view base = {});

}  // namespace gelombang
