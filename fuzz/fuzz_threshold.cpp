// The threshold parser: any text is either refused in one line or parsed, and a parsed threshold reads back the same.
#include "metrics/thresholds/threshold.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = parse_threshold(text);
  if (!first) {
    if (first.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = parse_threshold(first->expression);
  if (!again || again->expression != first->expression || again->selector != first->selector ||
      again->metric != first->metric || again->quantile != first->quantile || again->limit != first->limit ||
      again->window != first->window || again->after != first->after || again->min_samples != first->min_samples) {
    std::abort();
  }
  if (first->aggregate == Aggregate::percentile && !(first->quantile > 0 && first->quantile < 1)) std::abort();
  if (first->is_latency() && !(first->limit > 0)) std::abort();
  return 0;
}
