// Finds links in the text parts of a mail: those that a mail program opens.
#pragma once

#include "probes/mail/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

inline constexpr std::size_t kMaxMailLinks = 64;
inline constexpr std::size_t kMaxLinkLabelBytes = 256;

// All take valid UTF-8. The first two say false where a limit of ours (number, length, nesting) left something out.

// Anchors, and after them the addresses that stand in the text beside them. Relative ones count where a `base`
// element says what they are relative to.
bool collect_html_links(std::string_view html, std::vector<MailLink>& links);
// An address ends where mail programs end it: at a blank, a bracket or a quotation mark, without the punctuation of the
// sentence. Inside "<...>" line breaks and blanks do not count (RFC 3986, appendix C).
bool collect_plain_links(std::string_view text, std::vector<MailLink>& links);
// Puts the lines of format=flowed together again (RFC 3676); `del_sp`: the blank at a line's end is none of the text.
std::string unflowed(std::string_view text, bool del_sp);

}  // namespace gelombang
