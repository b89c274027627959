// Finds links in the text parts of a mail.
#pragma once

#include "probes/mail_message.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace gelombang {

inline constexpr std::size_t kMaxMailLinks = 64;
inline constexpr std::size_t kMaxLinkLabelBytes = 256;
inline constexpr std::size_t kMaxLinkUrlBytes = 4096;

// Both take valid UTF-8 and stop when `links` holds kMaxMailLinks.
void collect_html_links(std::string_view html, std::vector<MailLink>& links);
void collect_plain_links(std::string_view text, std::vector<MailLink>& links);

}  // namespace gelombang
