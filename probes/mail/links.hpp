// Finds the links in the text parts of a mail that a mail program would open.
#pragma once

#include "probes/mail/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

inline constexpr std::size_t kMaxMailLinks = 64;
inline constexpr std::size_t kMaxLinkLabelBytes = 256;

// All functions take valid UTF-8. The first two return false if a limit of ours (number, length, nesting) left
// something out.

// Adds the anchors, and after them the addresses in the text outside of anchors. Relative addresses count only if a
// `base` element says what they are relative to.
bool collect_html_links(std::string_view html, std::vector<MailLink>& links);
// An address ends where mail programs end it: at a blank, a bracket or a quotation mark, without the punctuation of the
// sentence. Inside "<...>" line breaks and blanks do not count (RFC 3986, appendix C).
bool collect_plain_links(std::string_view text, std::vector<MailLink>& links);
// Joins the lines of format=flowed (RFC 3676); `del_sp`: the blank at a line's end is not part of the text.
std::string unflowed(std::string_view text, bool del_sp);

}  // namespace gelombang
