#include "base/text_table.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kApart = 2;

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Code points, not bytes: the continuation bytes of UTF-8 take no room.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

// The bytes of the first `columns` code points.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    if (begins_letter(text[at]) && seen++ == columns) break;
  }
  return at;
}

std::string shortened(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  return text.substr(0, bytes_of(text, width - 1)) + "\u2026";
}

std::size_t sum_of(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths) sum += width > 0 ? width + kApart : 0;
  return sum > 0 ? sum - kApart : 0;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, TextWidth width) {
  std::vector<std::string> lines;
  while (width && width_of(text) > *width) {
    const std::size_t room = std::max<std::size_t>(bytes_of(text, std::max<std::size_t>(*width, 1)), 1);
    std::size_t end = text.rfind(' ', room);
    if (end == std::string_view::npos || text.find_first_not_of(' ') > end) end = room;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::vector<std::size_t> TextTable::natural_widths() const {
  std::vector<std::size_t> widths(alignment_.size(), 0);
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  return widths;
}

std::vector<std::size_t> TextTable::widths_within(TextWidth width) const {
  std::vector<std::size_t> widths = natural_widths();
  if (!width) return widths;
  const auto can_give = [&widths](const Flexible& one) {
    return widths[one.column] - std::min(widths[one.column], one.least);
  };
  const auto all_can_give = [&] {
    std::size_t sum = 0;
    for (const Flexible& one : flexible_) sum += can_give(one);
    return sum;
  };
  for (const std::size_t column : spare_) {
    if (sum_of(widths) <= *width + all_can_give()) break;
    widths[column] = 0;
  }
  while (sum_of(widths) > *width && all_can_give() > 0) {
    const auto widest = std::max_element(flexible_.begin(), flexible_.end(), [&](const Flexible& a, const Flexible& b) {
      return std::pair(can_give(a) > 0, widths[a.column]) < std::pair(can_give(b) > 0, widths[b.column]);
    });
    --widths[widest->column];
  }
  return widths;
}

bool TextTable::leaves_out(TextWidth width) const {
  const auto natural = natural_widths();
  const auto within = widths_within(width);
  return !std::equal(natural.begin(), natural.end(), within.begin(),
                     [](std::size_t a, std::size_t b) { return (a > 0) == (b > 0); });
}

bool TextTable::wraps(std::size_t column) const {
  return std::any_of(flexible_.begin(), flexible_.end(),
                     [column](const Flexible& one) { return one.column == column && one.wraps; });
}

std::vector<std::string> TextTable::lines(TextWidth width) const {
  const auto natural = natural_widths();
  const auto widths = widths_within(width);
  std::vector<std::string> out;
  for (const auto& cells : rows_) {
    // The lines of each cell, and of the row as many as its longest has.
    std::vector<std::vector<std::string>> parts;
    std::size_t height = 1;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      parts.push_back(widths[i] == 0 ? std::vector<std::string>{""}
                      : wraps(i)     ? wrapped(cells[i], widths[i])
                                     : std::vector<std::string>{shortened(cells[i], widths[i])});
      height = std::max(height, parts.back().size());
    }
    for (std::size_t k = 0; k < height; ++k) {
      std::string line;
      bool first = true;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (widths[i] == 0 && natural[i] > 0) continue;
        const std::string cell = k < parts[i].size() ? parts[i][k] : std::string();
        const std::string padding(widths[i] - std::min(widths[i], width_of(cell)), ' ');
        if (!std::exchange(first, false)) line += std::string(kApart, ' ');
        line += alignment_[i] == 'r' ? padding + cell : cell + padding;
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out.push_back(std::move(line));
    }
  }
  return out;
}

}  // namespace gelombang
