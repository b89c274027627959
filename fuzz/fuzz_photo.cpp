// Any bytes as an uploaded photo. Seeds: tests/fuzz_corpus/photo.
#include "sandbox/photo_check.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto verdict = gelombang::sandbox::check_photo({reinterpret_cast<const std::byte*>(data), size}, 2'000'000);
  if (verdict.accepted != verdict.rule.empty() || verdict.accepted != (verdict.status == 200)) std::abort();
  return 0;
}
