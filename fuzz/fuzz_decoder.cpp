// A body in up to five codings: the first byte chooses the codings and the size of the pieces. Add inputs that crash to
// the seeds in tests/fuzz_corpus/decoder, which the unit tests replay.
#include "probes/http/decoder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

struct Counted final : gelombang::HttpDecoder::Sink {
  void take(std::string_view piece) override { bytes += piece.size(); }
  std::uint64_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gelombang::HttpDecoder;
  if (size == 0) return 0;
  const unsigned plan = data[0];
  std::vector<gelombang::ContentCoding> layers;
  for (unsigned i = 0; i <= plan % 5; ++i) {
    layers.push_back((plan >> i & 1U) != 0 ? gelombang::ContentCoding::gzip : gelombang::ContentCoding::deflate);
  }
  std::string_view coded(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = (plan & 0x80U) != 0 ? 1 : 4096;
  static HttpDecoder decoder;
  decoder.begin(layers);
  Counted counted;
  // Enough to reach every state; the further output of a bomb shows nothing new.
  for (int turns = 0; !coded.empty() && turns < 4096;) {
    std::string_view piece = coded.substr(0, step);
    coded.remove_prefix(piece.size());
    auto state = HttpDecoder::State::exhausted;
    while (state == HttpDecoder::State::exhausted && ++turns < 4096) {
      constexpr std::size_t kAllowed = 4096;
      std::size_t allowance = kAllowed;
      const std::uint64_t before = counted.bytes;
      state = decoder.decode(piece, allowance, counted);
      if (counted.bytes - before > kAllowed || allowance > kAllowed) std::abort();
    }
    if (state == HttpDecoder::State::malformed) break;
    if (state == HttpDecoder::State::ready && !piece.empty()) std::abort();
  }
  if (counted.bytes > HttpDecoder::kMaxDecoded) std::abort();
  return 0;
}
