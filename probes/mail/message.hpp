// Reads a mail from its raw bytes: its recipients, its subject and its links.
//
// The bytes come from outside and are not trusted: size, nesting, parts and links are bounded, and
// whatever cannot be understood is left out. MIME is read by GMime, HTML by libxml2's SAX parser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// A mail is read up to this size; the rest is ignored.
inline constexpr std::size_t kMaxMailBytes = std::size_t{512} << 10;
inline constexpr std::size_t kMaxRecipients = 4096;

struct MailLink {
  enum class Origin : unsigned char { html, plain };
  Origin origin = Origin::html;
  std::string label;  // as fold_label() makes it: the anchor's text, or the words before the URL
  std::string url;    // http or https
};

struct MailMessage {
  // Lower case, most trustworthy first, at most kMaxRecipients; empty if nobody is named.
  std::vector<std::string> recipients;
  std::string subject;  // UTF-8, at most 256 bytes
  std::vector<MailLink> links;
  bool cut = false;  // a limit of ours was reached: there may be more recipients and links
  bool more_recipients =
      false;  // there are or may be more, beyond kMaxRecipients or in a header that was not read whole
};

// `own_address` is the mailbox's account name: a Delivered-To that only repeats it says nothing.
// Call from one thread at a time: GMime's state is global.
MailMessage parse_mail(std::string_view raw, std::string_view own_address = {});

// The URL of the link whose text is `text`, compared without case and with white space collapsed: an anchor with
// exactly that text, else one that contains it, else a URL that follows it in plain text. Empty if there is none.
std::string find_link(const std::vector<MailLink>& links, std::string_view text);
// The same for a text that fold_label() has folded.
std::string find_folded_link(const std::vector<MailLink>& links, const std::string& wanted);

// Valid UTF-8, case-folded, runs of white space made one space.
std::string fold_label(std::string_view text);

}  // namespace gelombang
