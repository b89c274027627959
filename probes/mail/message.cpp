#include "probes/mail/message.hpp"

#include "base/ascii.hpp"
#include "probes/mail/links.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMaxSubjectBytes = 256;
constexpr std::size_t kMaxTextParts = 16;
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;  // decoded, of all parts together
// Limits of lines that may begin a part, and of header lines: GMime makes an object of each.
constexpr std::size_t kMaxBoundaryLines = 500;
constexpr std::size_t kMostHeaderLines = 5000;

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Ref = std::unique_ptr<T, Unref>;

struct Free {
  void operator()(void* memory) const { g_free(memory); }
};
using Text = std::unique_ptr<char, Free>;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

// Cuts a mail where it would cost more memory than its size suggests.
std::string_view bounded(std::string_view raw) {
  raw = raw.substr(0, kMaxMailBytes);
  std::size_t boundaries = 0;
  std::size_t headers = 0;
  bool in_header = true;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t newline = raw.find('\n', at);
    const std::size_t end = newline == std::string_view::npos ? raw.size() : newline;
    std::string_view line = raw.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.starts_with("--")) {
      in_header = true;
      if (++boundaries > kMaxBoundaryLines) return raw.substr(0, at);
    } else if (line.empty()) {
      in_header = false;
    } else if (in_header && ++headers > kMostHeaderLines) {
      return raw.substr(0, at);
    }
    at = end + 1;
  }
  return raw;
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool is_own(std::string_view address, std::string_view own) {
  return !own.empty() && (address == own || address.substr(0, address.find('@')) == own);
}

// Addresses in the order found, each once. Newsletters name thousands.
class Addresses {
 public:
  void add(std::string address) {
    if (known_.contains(address)) return;
    more_ = all_.size() >= kMaxRecipients;
    if (more_) return;
    known_.insert(address);
    all_.push_back(std::move(address));
  }
  void add(InternetAddressList* list) {
    const int count = internet_address_list_length(list);
    for (int i = 0; i < count && !more_; ++i) {
      InternetAddress* address = internet_address_list_get_address(list, i);
      if (INTERNET_ADDRESS_IS_GROUP(address)) {
        // Groups do not nest (RFC 5322, 3.4), and GMime's parser does not nest them.
        if (auto* members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address))) add(members);
      } else if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
        const char* text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
        if (text != nullptr && *text != '\0') add(lower(text));
      }
    }
  }
  // All headers of this name.
  void add(GMimeHeaderList* headers, std::string_view name) {
    const int count = g_mime_header_list_get_count(headers);
    for (int i = 0; i < count && !more_; ++i) {
      GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
      if (lower(g_mime_header_get_name(header)) != name) continue;
      const char* value = g_mime_header_get_value(header);
      if (value == nullptr) continue;
      const Ref<InternetAddressList> list(internet_address_list_parse(nullptr, value));
      if (list) add(list.get());
    }
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }
  [[nodiscard]] bool more() const { return more_; }  // some were left out

 private:
  std::vector<std::string> all_;
  std::unordered_set<std::string> known_;
  bool more_ = false;
};

// The envelope decides, since To may name anybody. But a mailbox that collects for a whole domain often has only its
// own name in Delivered-To. Then To is the best source.
void read_recipients(GMimeHeaderList* headers, const std::string& own, MailMessage& message) {
  Addresses envelope;
  for (const char* name : {"x-original-to", "envelope-to", "x-envelope-to", "delivered-to"}) {
    envelope.add(headers, name);
  }
  Addresses named;
  named.add(headers, "to");
  named.add(headers, "cc");
  Addresses recipients;
  std::unordered_set<std::string_view> domains;
  for (const std::string& address : envelope.all()) {
    if (is_own(address, own)) continue;
    domains.insert(domain_of(address));
    recipients.add(address);
  }
  for (const std::string& address : named.all()) {
    if (!is_own(address, own) && !domains.contains(domain_of(address))) recipients.add(address);
  }
  // Mail to the account itself.
  if (recipients.all().empty()) recipients.add(headers, "delivered-to");
  if (recipients.all().empty()) recipients.add(headers, "to");
  message.recipients = recipients.all();
  message.more_recipients = envelope.more() || named.more() || recipients.more();
}

// Makes the text valid for GLib: also without zero bytes.
std::string for_glib(std::string_view text) {
  const Text valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  return valid ? valid.get() : "";
}

bool has_value(const GMimeContentType* type, const char* parameter, const char* wanted) {
  const char* value = g_mime_content_type_get_parameter(const_cast<GMimeContentType*>(type), parameter);
  return value != nullptr && g_ascii_strcasecmp(value, wanted) == 0;
}

struct TextParts {
  std::vector<MailLink> html;
  std::vector<MailLink> plain;
  std::size_t parts = 0;
  std::size_t bytes = 0;
  bool cut = false;
};

void read_part(GMimeObject* /*parent*/, GMimeObject* part, gpointer data) {
  auto& texts = *static_cast<TextParts*>(data);
  if (!GMIME_IS_TEXT_PART(part) || g_mime_part_is_attachment(GMIME_PART(part)) != 0) return;
  if (++texts.parts > kMaxTextParts || texts.bytes >= kMaxTextBytes) {
    texts.cut = true;
    return;
  }
  const Text decoded(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
  if (!decoded) return;
  const std::string_view all(decoded.get());
  const std::size_t room = kMaxTextBytes - texts.bytes;
  texts.cut = texts.cut || all.size() > room;
  const std::string text = for_glib(all.substr(0, room));
  texts.bytes += text.size();
  const GMimeContentType* type = g_mime_object_get_content_type(part);
  if (g_mime_content_type_is_type(const_cast<GMimeContentType*>(type), "text", "html") != 0) {
    if (!collect_html_links(text, texts.html)) texts.cut = true;
  } else if (has_value(type, "format", "flowed")) {
    if (!collect_plain_links(unflowed(text, has_value(type, "delsp", "yes")), texts.plain)) texts.cut = true;
  } else if (!collect_plain_links(text, texts.plain)) {
    texts.cut = true;
  }
}

std::string cut_utf8(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  text.resize(limit);
  return text;
}

}  // namespace

MailMessage parse_mail(std::string_view raw, std::string_view own_address) {
  static std::once_flag initialised;
  std::call_once(initialised, [] { g_mime_init(); });

  const std::string_view all = std::exchange(raw, bounded(raw));
  MailMessage result;
  result.cut = raw.size() < all.size() || raw.size() >= kMaxMailBytes;
  const Ref<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
  const Ref<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_persist_stream(parser.get(), FALSE);
  const Ref<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!message) return result;

  read_recipients(g_mime_object_get_header_list(GMIME_OBJECT(message.get())), lower(own_address), result);
  // The rest of the header may name other recipients.
  const bool whole_header = raw.find("\n\n") != std::string_view::npos || raw.find("\n\r\n") != std::string_view::npos;
  if (result.cut && !whole_header) result.more_recipients = true;
  if (const char* subject = g_mime_message_get_subject(message.get())) {
    result.subject = cut_utf8(for_glib(subject), kMaxSubjectBytes);
  }
  TextParts texts;
  g_mime_message_foreach(message.get(), read_part, &texts);
  result.cut = result.cut || texts.cut || result.more_recipients;
  result.links = std::move(texts.html);
  std::move(texts.plain.begin(), texts.plain.end(), std::back_inserter(result.links));
  return result;
}

std::string find_link(const std::vector<MailLink>& links, std::string_view text) {
  return find_folded_link(links, fold_label(text));
}

std::string find_folded_link(const std::vector<MailLink>& links, const std::string& wanted) {
  if (wanted.empty()) return {};
  const auto first = [&links](auto fits) {
    const auto found = std::find_if(links.begin(), links.end(), fits);
    return found == links.end() ? std::string() : found->url;
  };
  std::string url = first([&](const MailLink& l) { return l.origin == MailLink::Origin::html && l.label == wanted; });
  const auto contains = [&](const MailLink& l) { return l.label.find(wanted) != std::string::npos; };
  if (url.empty()) url = first([&](const MailLink& l) { return l.origin == MailLink::Origin::html && contains(l); });
  // "Verify now: https://...", so the words right before the URL win over words further up.
  if (url.empty()) {
    url = first([&](const MailLink& l) {
      const std::size_t last = l.label.find_last_not_of(" :-<>([=|");
      return l.origin == MailLink::Origin::plain && std::string_view(l.label).substr(0, last + 1).ends_with(wanted);
    });
  }
  if (url.empty()) url = first([&](const MailLink& l) { return l.origin == MailLink::Origin::plain && contains(l); });
  return url;
}

std::string fold_label(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kInvisible{"\u00ad", "\u200b", "\u200c", "\ufeff"};
  const std::string valid = for_glib(text);
  const Text folded(g_utf8_casefold(valid.data(), static_cast<gssize>(valid.size())));
  std::string result;
  bool space = false;
  for (const char* at = folded.get(); *at != '\0'; at = g_utf8_next_char(at)) {
    if (g_unichar_isspace(g_utf8_get_char(at)) != 0) {
      space = !result.empty();
      continue;
    }
    const std::string_view letter(at, static_cast<std::size_t>(g_utf8_next_char(at) - at));
    if (std::find(kInvisible.begin(), kInvisible.end(), letter) != kInvisible.end()) continue;
    if (space) result.push_back(' ');
    space = false;
    result += letter;
  }
  return result;
}

}  // namespace gelombang
