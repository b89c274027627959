// A text as it reads once its escapes are resolved, with the way back to where each byte stands in it. So one value is
// found in every spelling that a page, a form, JSON, a URL or a mail gives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct Reading {
  std::string text;
  // Of each byte of `text`: where what it was read from begins and ends.
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> end;
};

// Every byte stands for itself. At most 4 GB.
Reading as_written(std::string_view text);

// A UTF-8 text in Windows-1252, which has ISO 8859-1 in it, as old pages are. Nothing where that is the same, or there
// is no such spelling.
std::optional<std::string> in_windows1252(std::string_view text);

// Without one layer of escapes: HTML's character references, the backslashes of JSON and JavaScript, percent-encoding;
// a no-break space is a blank, and CR LF one line break. Nothing where there are none. Each takes time in proportion to
// the text.
std::optional<Reading> without_escapes(const Reading& reading);
// Likewise of quoted-printable (RFC 2045, 6.7): "=3D", and line breaks after "=".
std::optional<Reading> without_quoted_printable(const Reading& reading);
// What its words of base64 (RFC 4648, 4 and 5) say, where the first `skipped` characters (0 to 3) of each belong to
// something before them; all else is '\0'.
std::optional<Reading> without_base64(const Reading& reading, std::size_t skipped);

// The longest escape that is understood, in bytes, escaped a few times more.
inline constexpr std::size_t kLongestEscape = 64;
// What an escape begins with.
inline constexpr std::string_view kEscapes = "&%\\=";

}  // namespace gelombang
