// The header section of an HTTP/1 response, line by line: an accepted one ends at one place, however often it is read.
#include "probes/http/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&text] {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    return line;
  };
  HttpFraming framing;
  const int status = framing.begin(next_line());
  check(status == 0 || (status >= 100 && status <= 999));
  check(framing.fault(false) == nullptr && !framing.chunked() && !framing.length());
  while (!text.empty()) {
    const std::string_view line = next_line();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
    const auto length = framing.length();
    const bool chunked = framing.chunked();
    framing.add(line.substr(0, colon), value, colon == 0 || line[colon - 1] != ' ');
    check(!chunked || framing.chunked());
    check(!length || framing.length() == length);  // a second length is the same, or a fault
    check(framing.length().value_or(0) >> 63 == 0);
    check(!framing.chunked() || !framing.length() || framing.ambiguous());
  }
  check(status < 200 || framing.fault(true) == nullptr);
  return 0;
}
