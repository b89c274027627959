// A text with its escapes decoded, and the original position of each byte. So one value is found in every spelling that
// a page, a form, JSON, a URL or a mail gives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct Reading {
  std::string text;
  // For each byte of `text`: where its source begins and ends in the original text.
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> end;
};

// Every byte stands for itself. At most 4 GB.
Reading as_written(std::string_view text);

// A UTF-8 text in Windows-1252 (which includes ISO 8859-1), as old pages use it. nullopt if that is the same text, or
// if Windows-1252 cannot spell it.
std::optional<std::string> in_windows1252(std::string_view text);

// Removes one layer of escapes: HTML's character references, the backslashes of JSON and JavaScript, percent-encoding.
// A no-break space becomes a blank, and CR LF one line break. nullopt if there are none. Each of these functions takes
// time in proportion to the text.
std::optional<Reading> without_escapes(const Reading& reading);
// The same for quoted-printable (RFC 2045, 6.7): "=3D", and line breaks after "=".
std::optional<Reading> without_quoted_printable(const Reading& reading);
// Decodes the base64 words (RFC 4648, 4 and 5) of the text. The first `skipped` characters (0 to 3) of each word belong
// to something before them. A '\0' stands for everything else.
std::optional<Reading> without_base64(const Reading& reading, std::size_t skipped);

// The longest escape that is understood, in bytes, even if it is escaped a few times more.
inline constexpr std::size_t kLongestEscape = 64;
// The characters that an escape begins with.
inline constexpr std::string_view kEscapes = "&%\\=";

}  // namespace gelombang
