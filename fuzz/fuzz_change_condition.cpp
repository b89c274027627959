// The parser of conditions on a change: any text is either refused in one line or parsed, and a parsed condition reads
// back the same.
#include "compare/change_condition.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = parse_change_condition(text);
  if (!first) {
    if (first.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = parse_change_condition(first->what.expression);
  if (!again || again->what.expression != first->what.expression || again->what.selector != first->what.selector ||
      again->what.metric != first->what.metric || again->what.quantile != first->what.quantile ||
      again->limit != first->limit || again->absolute != first->absolute) {
    std::abort();
  }
  if (!(first->limit > 0)) std::abort();
  return 0;
}
