// The response of a Prometheus to a query for a recorded rate: points that were read can be played.
#include "engine/load/prometheus_range.hpp"
#include "engine/load/rate_recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto points = parse_range_answer({reinterpret_cast<const char*>(data), size});
  if (!points) {
    const std::string& line = points.error().message;
    must(!line.empty() && line.size() < 1024);
    must(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
    return 0;
  }
  must(points->size() >= 2 && points->size() <= size / 5);  // each point takes at least "[0,""]"
  for (std::size_t i = 0; i < points->size(); ++i) {
    must(std::isfinite((*points)[i].per_second) && (*points)[i].per_second >= 0);
    must(i == 0 || (*points)[i].time > (*points)[i - 1].time);
  }
  const auto rate = rate_of_points(*points, "rate");
  if (!rate) return 0;
  must(std::isfinite(rate->total()) && rate->total() > 0);
  must(rate->length() == points->back().time - points->front().time);
  must(rate->inverse(rate->total() / 2) <= to_seconds(rate->length()));
  return 0;
}
