// The text of a mail's part and the addresses in it, without the MIME around them. A link that is found can be
// requested as it is, and the text between two links is not read again for each of them.
#include "base/json_writer.hpp"
#include "probes/mail/links.hpp"
#include "probes/mail/url.hpp"
#include "probes/url.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void is_mended(const std::string& url) {
  must(url.size() <= kMaxLinkUrlBytes && (url.starts_with("http://") || url.starts_with("https://")));
  must(std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; }));
  must(parse_http_url(url).has_value());
  must(mend_url(url) == url);
}

void are_links(const std::vector<MailLink>& links) {
  must(links.size() <= kMaxMailLinks);
  for (const MailLink& link : links) {
    is_mended(link.url);
    // Folding can make a letter three times as long.
    must(link.label.size() <= 3 * kMaxLinkLabelBytes && valid_utf8(link.label) == link.label);
    must(!find_folded_link(links, link.label).empty() || link.label.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = valid_utf8({reinterpret_cast<const char*>(data), size});
  std::vector<MailLink> html;
  collect_html_links(text, html);
  are_links(html);
  std::vector<MailLink> plain;
  collect_plain_links(text, plain);
  are_links(plain);
  for (const bool del_sp : {false, true}) must(unflowed(text, del_sp).size() <= text.size() + 1);
  // The first line is the address of a document, the other lines are an address relative to it.
  const std::size_t end = text.find('\n');
  const std::string base = mend_url(std::string_view(text).substr(0, end));
  if (!base.empty()) is_mended(base);
  if (end == std::string::npos) return 0;
  if (const std::string url = mend_url(std::string_view(text).substr(end + 1), base); !url.empty()) is_mended(url);
  return 0;
}
