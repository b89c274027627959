// CSV files of people and passwords, in pieces of any size.
#include "engine/files/csv_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// Small bounds, so that they are met.
constexpr CsvBounds kBounds{.bytes = 4096, .fields = 64, .columns = 8, .field_bytes = 64, .line_bytes = 256};

Result<CsvTable> parsed(std::string_view text, std::size_t piece) {
  CsvParser parser(kBounds);
  for (std::size_t at = 0; at < text.size() && parser.add(text.substr(at, piece)); at += piece) {
  }
  return parser.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto table = parsed(text, std::max<std::size_t>(text.size(), 1));
  const auto pieces = parsed(text, data[0] % 16 + 1);
  // The size of the pieces decides only which of two bounds is met first.
  must(table.has_value() == pieces.has_value());
  if (!table) {
    must(!table.error().message.empty());
    return 0;
  }
  must(table->columns == pieces->columns && table->size() == pieces->size());
  must(table->size() > 0 && table->columns.size() <= kBounds.columns);
  must(table->fields() <= kBounds.fields);
  must(table->fields() == table->size() * table->columns.size());
  for (std::size_t row = 0; row < table->size(); ++row) {
    for (std::size_t column = 0; column < table->columns.size(); ++column) {
      const std::string_view field = table->field(row, column);
      must(field.size() <= kBounds.field_bytes && field == pieces->field(row, column));
      must(field.find('\0') == std::string_view::npos);
    }
  }
  return 0;
}
