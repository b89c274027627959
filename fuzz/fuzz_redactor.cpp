// A text that a target sends, below a line with a value that must not be shown. Add inputs that crash to the seeds in
// tests/fuzz_corpus/redactor, which the unit tests replay.
#include "engine/privacy/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view value = bytes.substr(0, bytes.find('\n'));
  const std::string_view text = bytes.substr(std::min(bytes.size(), value.size() + 1));
  constexpr std::size_t kLimit = 256;
  gelombang::Redactor redactor;
  redactor.add(value);
  const std::string shown = redactor.redact(text, kLimit);
  if (shown.size() > kLimit) std::abort();
  // At most seven readings of a value, twice as many if ISO 8859-1 has another one, in sixteen readings of the text.
  if (redactor.work() > std::uint64_t{14} * 16 * 2 * 4 * kLimit) std::abort();
  const bool telling = value.size() >= gelombang::Redactor::kShortest && value.find_first_of("[]") == value.npos &&
                       std::string_view("redacted").find(lower(value)) == std::string_view::npos;
  if (telling && lower(shown).find(lower(value)) != std::string::npos) std::abort();
  return 0;
}
