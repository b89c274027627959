#include "probes/mail_links.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kHtmlChunkBytes = 16 << 10;
// libxml2 keeps a stack of open elements and walks it: deeper than any honest mail, the rest is not read.
constexpr int kMaxHtmlDepth = 512;

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_fold(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                                                          [](char a, char b) { return a == ascii_lower(b); });
}

bool is_web_url(std::string_view url) { return starts_with_fold(url, "https://") || starts_with_fold(url, "http://"); }

// As browsers do: line breaks and tabs inside are dropped, blanks around are trimmed.
std::string clean_url(std::string_view url) {
  while (!url.empty() && static_cast<unsigned char>(url.front()) <= ' ') url.remove_prefix(1);
  while (!url.empty() && static_cast<unsigned char>(url.back()) <= ' ') url.remove_suffix(1);
  std::string clean;
  for (const char c : url) {
    if (c != '\n' && c != '\r' && c != '\t') clean.push_back(c);
  }
  const bool printable = std::none_of(clean.begin(), clean.end(),
                                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
  return printable && clean.size() <= kMaxLinkUrlBytes && is_web_url(clean) ? clean : std::string();
}

std::string_view to_view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

class AnchorCollector {
 public:
  explicit AnchorCollector(std::vector<MailLink>& links) : links_(links) {}

  [[nodiscard]] bool full() const { return links_.size() >= kMaxMailLinks || depth_ > kMaxHtmlDepth; }

  void start(std::string_view name, const xmlChar** attributes) {
    if (name == "table" && cut_off_) {
      open_ = std::exchange(cut_off_, std::nullopt);
      close_at_depth_ = depth_;
    }
    cut_off_.reset();
    ++depth_;
    if (name == "a") {
      finish();
      if (const auto href = attribute(attributes, "href")) {
        if (std::string url = clean_url(*href); !url.empty()) {
          open_ = MailLink{MailLink::Origin::html, {}, std::move(url)};
        }
      }
    } else if (name == "img") {
      if (const auto alt = attribute(attributes, "alt")) text(*alt);
    }
    // Elements separate words, but for those that only style them.
    if (!is_inline(name)) text(" ");
  }
  void end(std::string_view name) {
    --depth_;
    if (name == "a" || depth_ == close_at_depth_) finish();
    if (!is_inline(name)) text(" ");
  }
  void text(std::string_view piece) {
    if (open_ && open_->label.size() < 4 * kMaxLinkLabelBytes)
      open_->label.append(piece.substr(0, 4 * kMaxLinkLabelBytes));
  }
  void finish() {
    cut_off_.reset();
    if (open_) {
      open_->label = fold_label(open_->label);
      if (open_->label.empty()) {
        cut_off_ = std::move(open_);
      } else if (open_->label.size() <= kMaxLinkLabelBytes && links_.size() < kMaxMailLinks) {
        links_.push_back(std::move(*open_));
      }
    }
    open_.reset();
    close_at_depth_ = -1;
  }

 private:
  static bool is_inline(std::string_view name) {
    static constexpr std::array<std::string_view, 12> kInline{"a",    "abbr",  "b",    "em",     "font", "i",
                                                              "mark", "small", "span", "strong", "u",    "sup"};
    return std::find(kInline.begin(), kInline.end(), name) != kInline.end();
  }
  static std::optional<std::string_view> attribute(const xmlChar** attributes, std::string_view name) {
    for (; attributes != nullptr && attributes[0] != nullptr; attributes += 2) {
      if (to_view(attributes[0]) == name && attributes[1] != nullptr) return to_view(attributes[1]);
    }
    return std::nullopt;
  }

  std::vector<MailLink>& links_;
  std::optional<MailLink> open_;
  // libxml2 knows HTML 4, where a table ends an anchor; in mails a whole table may be the button. An
  // anchor that ended without text right before a table goes on until that table's end.
  std::optional<MailLink> cut_off_;
  int depth_ = 0;
  int close_at_depth_ = -1;
};

htmlSAXHandler make_handler() {
  htmlSAXHandler handler{};
  handler.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
    static_cast<AnchorCollector*>(self)->start(to_view(name), attributes);
  };
  handler.endElement = [](void* self, const xmlChar* name) { static_cast<AnchorCollector*>(self)->end(to_view(name)); };
  handler.characters = [](void* self, const xmlChar* text, int size) {
    static_cast<AnchorCollector*>(self)->text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
  };
  handler.ignorableWhitespace = handler.characters;
  return handler;
}

// The end of the URL that begins at the front of `text`.
std::size_t url_length(std::string_view text) {
  text = text.substr(0, kMaxLinkUrlBytes + 1);
  const auto is_outside = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || std::string_view("<>\"'`\x7f").find(c) != std::string_view::npos;
  };
  std::string_view url(text.begin(), std::find_if(text.begin(), text.end(), is_outside));
  // A sentence's punctuation is not the URL's, nor is a bracket that opened before it.
  const auto unmatched = [url](char open, char close) {
    return std::count(url.begin(), url.end(), close) - std::count(url.begin(), url.end(), open);
  };
  auto round = unmatched('(', ')');
  auto square = unmatched('[', ']');
  for (; !url.empty(); url.remove_suffix(1)) {
    const char last = url.back();
    const bool closes = (last == ')' && round-- > 0) || (last == ']' && square-- > 0) || last == '}';
    if (!closes && std::string_view(".,;:!?*_").find(last) == std::string_view::npos) break;
  }
  return url.size();
}

}  // namespace

void collect_html_links(std::string_view html, std::vector<MailLink>& links) {
  AnchorCollector collector(links);
  htmlSAXHandler handler = make_handler();
  const std::unique_ptr<htmlParserCtxt, void (*)(htmlParserCtxt*)> parser(
      htmlCreatePushParserCtxt(&handler, &collector, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8), &htmlFreeParserCtxt);
  if (!parser) return;
  // The text is UTF-8 by now, whatever a meta element claims.
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                       HTML_PARSE_IGNORE_ENC);
  while (!html.empty() && !collector.full()) {
    const std::size_t size = std::min(html.size(), kHtmlChunkBytes);
    htmlParseChunk(parser.get(), html.data(), static_cast<int>(size), 0);
    html.remove_prefix(size);
  }
  htmlParseChunk(parser.get(), nullptr, 0, 1);
  collector.finish();
}

void collect_plain_links(std::string_view text, std::vector<MailLink>& links) {
  std::size_t label_begin = 0;
  for (std::size_t at = 0; at < text.size() && links.size() < kMaxMailLinks;) {
    at = text.find_first_of("hH", at);
    if (at == std::string_view::npos) return;
    if (!is_web_url(text.substr(at))) {
      ++at;
      continue;
    }
    const std::size_t length = url_length(text.substr(at));
    const std::size_t begin = std::max(label_begin, at > kMaxLinkLabelBytes ? at - kMaxLinkLabelBytes : 0);
    if (std::string url = clean_url(text.substr(at, length)); !url.empty()) {
      links.push_back({MailLink::Origin::plain, fold_label(text.substr(begin, at - begin)), std::move(url)});
    }
    at += std::max<std::size_t>(length, 1);
    label_begin = at;
  }
}

}  // namespace gelombang
