// The address that a mail program opens for what stands in a mail: browsers mend a lot before they ask for it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gelombang {

inline constexpr std::size_t kMaxLinkUrlBytes = 4096;

// The http or https URL that `text` (UTF-8) means, as the WHATWG URL standard parses and serializes it: blanks around
// are trimmed, tabs and line breaks dropped, backslashes are slashes, the scheme and the host lower case, a host in
// other letters is punycode, and what may not stand in a path or query is percent-encoded. Without a user name, which
// browsers do not send unasked. `base`: what a relative address is relative to, as this function returned it; empty:
// none is taken.
//
// Empty where no program would open it or HttpClient could not: another scheme, no host, a port that is none.
std::string mend_url(std::string_view text, std::string_view base = {});

}  // namespace gelombang
