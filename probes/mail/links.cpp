#include "probes/mail/links.hpp"

#include "probes/mail/url.hpp"

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
// libxml2 keeps a stack of open elements and walks it. No honest mail is as deep as this; the rest is not read.
constexpr int kMaxHtmlDepth = 512;
constexpr std::size_t kMaxLooseBytes = std::size_t{1} << 20;

std::string_view to_view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

class AnchorCollector {
 public:
  explicit AnchorCollector(std::vector<MailLink>& links) : links_(links) {}

  [[nodiscard]] bool full() const { return links_.size() >= kMaxMailLinks || depth_ > kMaxHtmlDepth; }
  [[nodiscard]] bool cut() const { return cut_ || full(); }
  // The text outside of anchors.
  [[nodiscard]] const std::string& loose() const { return loose_; }

  void start(std::string_view name, const xmlChar** attributes) {
    if (name == "table" && cut_off_) {
      open_ = std::exchange(cut_off_, std::nullopt);
      close_at_depth_ = depth_;
    }
    cut_off_.reset();
    ++depth_;
    cut_ = cut_ || full();
    if (name == "a") {
      finish();
      anchor_ = true;
      open_ = link_to(attributes);
    } else if (name == "area") {
      area(attributes);
    } else if (name == "base") {
      const auto href = attribute(attributes, "href");
      if (href && base_.empty()) base_ = mend_url(*href);
    } else if (name == "img") {
      if (const auto alt = attribute(attributes, "alt")) text(*alt);
    }
    // Elements separate words, except those that only style them.
    if (!is_inline(name)) text("\n");
  }
  void end(std::string_view name) {
    --depth_;
    if (name == "a" || depth_ == close_at_depth_) finish();
    if (!is_inline(name)) text("\n");
  }
  void text(std::string_view piece) {
    if (open_ && open_->label.size() < 4 * kMaxLinkLabelBytes)
      open_->label.append(piece.substr(0, 4 * kMaxLinkLabelBytes));
    // The text of an anchor is not loose text, even if the anchor leads nowhere.
    if (!open_ && !anchor_) loose_.append(piece.substr(0, kMaxLooseBytes - std::min(loose_.size(), kMaxLooseBytes)));
  }
  void finish() {
    cut_off_.reset();
    anchor_ = false;
    if (open_) {
      open_->label = fold_label(open_->label);
      if (open_->label.empty()) {
        cut_off_ = std::move(open_);
      } else {
        take(std::move(*open_));
      }
    }
    open_.reset();
    close_at_depth_ = -1;
  }

 private:
  // A link without a label yet, if `href` leads anywhere.
  std::optional<MailLink> link_to(const xmlChar** attributes) {
    const auto href = attribute(attributes, "href");
    if (!href) return std::nullopt;
    cut_ = cut_ || href->size() > kMaxLinkUrlBytes;
    std::string url = mend_url(*href, base_);
    if (url.empty()) return std::nullopt;
    return MailLink{MailLink::Origin::html, {}, std::move(url)};
  }
  // A part of an image that is a link; its label is in `alt`.
  void area(const xmlChar** attributes) {
    const auto alt = attribute(attributes, "alt");
    auto link = alt ? link_to(attributes) : std::nullopt;
    if (!link) return;
    link->label = fold_label(alt->substr(0, 4 * kMaxLinkLabelBytes));
    if (!link->label.empty()) take(std::move(*link));
  }
  void take(MailLink link) {
    if (link.label.size() <= kMaxLinkLabelBytes && links_.size() < kMaxMailLinks) {
      links_.push_back(std::move(link));
    } else {
      cut_ = true;
    }
  }
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
  std::string base_;
  std::string loose_;
  bool anchor_ = false;  // inside an anchor
  bool cut_ = false;     // a limit left something out
  std::optional<MailLink> open_;
  // libxml2 follows HTML 4, where a table ends an anchor. In mails, a whole table may be the button. So an anchor that
  // ended without text right before a table goes on until that table's end.
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
  handler.cdataBlock = [](void*, const xmlChar*, int) {};  // scripts and style sheets are not shown
  return handler;
}

}  // namespace

bool collect_html_links(std::string_view html, std::vector<MailLink>& links) {
  AnchorCollector collector(links);
  htmlSAXHandler handler = make_handler();
  const std::unique_ptr<htmlParserCtxt, void (*)(htmlParserCtxt*)> parser(
      htmlCreatePushParserCtxt(&handler, &collector, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8), &htmlFreeParserCtxt);
  if (!parser) return false;
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
  return collect_plain_links(collector.loose(), links) && !collector.cut();
}

}  // namespace gelombang
