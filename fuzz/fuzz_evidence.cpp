// The data kept of a failed response: the first line is a value that must not be shown, then header lines and a body.
#include "base/json_writer.hpp"
#include "engine/privacy/evidence.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

constexpr std::string_view kToken = "8f14e45fceea167a5a36dedd4bea2543";

void must(bool holds) {
  if (!holds) std::abort();
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

void is_fit(const std::string& kept, std::size_t most, bool telling, const std::string& value) {
  must(kept.size() <= most && valid_utf8(kept) == kept);
  must(kept.find(kToken) == std::string::npos);
  must(!telling || lower(kept).find(value) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&text] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
  };
  const std::string value = lower(next_line());
  Redactor redactor;
  redactor.add(value);
  // True if no replacement text and no header's name can be this value.
  const bool telling = value.size() >= Redactor::kShortest && value.find_first_of("[]:?") == std::string::npos &&
                       std::string_view("redacted").find(value) == std::string_view::npos &&
                       std::all_of(value.begin(), value.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  HttpResult result;
  result.response.url = std::string(next_line()) + "/" + std::string(kToken);
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) result.response.headers.add(line.substr(0, colon), line.substr(colon + 1));
  }
  result.response.headers.add("X-Handed-Out", kToken);
  result.response.body = std::string(text) + "\"token\": \"" + std::string(kToken) + "\"}";
  result.error_detail = text;
  const Evidence evidence = evidence_of(result, redactor);
  is_fit(evidence.url, 512, telling, value);
  is_fit(evidence.headers, Evidence::kMostHeaders,
         telling && std::string_view("x-handed-out").find(value) == value.npos, value);
  is_fit(evidence.body, Evidence::kMostBody, telling, value);
  is_fit(evidence.detail, 512, telling, value);
  must(printable(evidence.url) == evidence.url && printable(evidence.detail) == evidence.detail);
  const Evidence check = evidence_of(FailedCheck{"check", result.response.body, text}, &result, redactor);
  is_fit(check.body, Evidence::kMostBody, telling, value);
  is_fit(check.detail, 512, telling && std::string_view("check:").find(value) == std::string_view::npos, value);
  must(printable(check.detail) == check.detail);
  return 0;
}
