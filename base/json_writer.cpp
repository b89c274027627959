#include "base/json_writer.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gelombang {
namespace {

namespace json = boost::json;

// The length of the valid UTF-8 sequence at the front of `text` (RFC 3629), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool too_long = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_large = lead == 0xf4 && second > 0x8f;
  return too_long || surrogate || too_large ? 0 : length;
}

// U+2028 to U+202E and U+2066 to U+2069: they end a line or turn its direction, so that it reads as something else.
bool turns_text(std::string_view letter) {
  const auto last = static_cast<unsigned char>(letter[2]);
  return (letter.starts_with("\xe2\x80") && last >= 0xa8 && last <= 0xae) ||
         (letter.starts_with("\xe2\x81") && last >= 0xa6 && last <= 0xa9);
}

std::string cleaned(std::string_view text, std::string_view replacement, bool keep_controls) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    // 0xc2 0x80..0x9f are the control characters of Latin-1.
    const bool control = first < 0x20 || first == 0x7f ||
                         (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) ||
                         (length == 3 && turns_text(text.substr(0, 3)));
    if (first == '\t' && !keep_controls) {
      out += ' ';
    } else if (length == 0 || (control && !keep_controls)) {
      out += replacement;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void write_string(std::string& out, std::string_view text) { out += json_string(text); }

void write_value(std::string& out, const json::value& value, int depth);

void new_line(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void write_object(std::string& out, const json::object& object, int depth) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    new_line(out, depth + 1);
    write_string(out, {member.key().data(), member.key().size()});
    out += ": ";
    write_value(out, member.value(), depth + 1);
  }
  if (!first) new_line(out, depth);
  out += '}';
}

void write_array(std::string& out, const json::array& array, int depth) {
  out += '[';
  bool first = true;
  for (const json::value& element : array) {
    if (!first) out += ',';
    first = false;
    new_line(out, depth + 1);
    write_value(out, element, depth + 1);
  }
  if (!first) new_line(out, depth);
  out += ']';
}

void write_value(std::string& out, const json::value& value, int depth) {
  switch (value.kind()) {
    case json::kind::object: write_object(out, value.get_object(), depth); break;
    case json::kind::array: write_array(out, value.get_array(), depth); break;
    case json::kind::string: write_string(out, {value.get_string().data(), value.get_string().size()}); break;
    // fmt writes the shortest text that reads back as the same double, and knows no locale unless told.
    case json::kind::double_:
      out += std::isfinite(value.get_double()) ? fmt::format("{}", value.get_double()) : "null";
      break;
    case json::kind::int64: out += fmt::format("{}", value.get_int64()); break;
    case json::kind::uint64: out += fmt::format("{}", value.get_uint64()); break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::null: out += "null"; break;
  }
}

}  // namespace

std::string_view without_cut_letter(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;  // a continuation byte
    const std::size_t length = byte >= 0xf5 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

std::string json_string(std::string_view text) { return json::serialize(json::string(valid_utf8(text))); }

std::string valid_utf8(std::string_view text) { return cleaned(text, "\xef\xbf\xbd", true); }
std::string printable(std::string_view text) { return cleaned(text, "?", false); }

std::string printable_text(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (end != std::string_view::npos && !line.empty() && line.back() == '\r') line.remove_suffix(1);
    out += printable(line);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string to_json_text(const json::value& value) {
  std::string out;
  write_value(out, value, 0);
  out += '\n';
  return out;
}

std::string iso_time(WallTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const std::chrono::sys_time<std::chrono::milliseconds> t(milliseconds);
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(t - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace gelombang
