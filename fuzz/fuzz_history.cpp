// The stored data of an interval: packed and encoded figures, as a damaged or hostile file may contain them.
#include "metrics/history/snapshot_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gelombang;
  static const auto kLayout = make_layout(Catalog{{"visit"}, {{0, "look"}, {0, "look again"}}});
  static Snapshot snapshot(kLayout);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Packed as in the file, and also without packing, which would hide the rest from the fuzzer.
  const auto open = unpacked(bytes, std::size_t{1} << 20);
  for (const std::string_view figures : {open.has_value() ? std::string_view(*open) : std::string_view(), bytes}) {
    if (!decode(figures, StoredErrorClasses(), snapshot)) continue;
    // Figures that were accepted can be written and read again, and stay the same.
    std::string once;
    encode(snapshot, once);
    Snapshot again(kLayout);
    std::string twice;
    if (!decode(once, StoredErrorClasses(), again)) std::abort();
    encode(again, twice);
    if (once != twice) std::abort();
  }
  static UnderWay under_way(*kLayout);
  if (decode(bytes, under_way)) {
    std::string once;
    encode(under_way, once);
    UnderWay again(*kLayout);
    std::string twice;
    if (!decode(once, again)) std::abort();
    encode(again, twice);
    if (once != twice) std::abort();
  }
  static Histogram histogram(kLayout->boundaries);
  if (decode(bytes, histogram) && histogram.count() > 0 && histogram.percentile(0.5) > histogram.max()) std::abort();
  return 0;
}
