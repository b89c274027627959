// Percent-encoding (RFC 3986, 2.1), read as servers read it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace gelombang {

// "%2D" -> "-", once; anything that is no escape stays.
std::string percent_decoded(std::string_view text);
// "-" -> "%2D", for any character.
void append_percent_encoded(std::string& to, char c);

// Calls `holds` with the text itself and with the text after each further decoding: a server and the proxies before it
// may decode one after another. True as soon as one call holds. Also true for text that is still encoded after
// kMostDecodings: nobody means that.
inline constexpr int kMostDecodings = 8;

template <class Predicate>
bool in_any_decoding(std::string_view text, Predicate holds) {
  if (holds(text)) return true;
  if (text.find('%') == std::string_view::npos) return false;
  std::string now(text);
  for (int i = 0; i < kMostDecodings; ++i) {
    std::string next = percent_decoded(now);
    if (next.size() == now.size()) return false;
    if (holds(std::string_view(next))) return true;
    now = std::move(next);
  }
  return percent_decoded(now).size() != now.size();
}

}  // namespace gelombang
