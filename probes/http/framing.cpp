#include "probes/http/framing.hpp"

#include "base/ascii.hpp"
#include "probes/http/headers.hpp"

#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace gelombang {
namespace {

// Digits only, up to the largest number that libcurl counts to.
std::optional<std::uint64_t> length_of(std::string_view text) noexcept {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return length <= kMost ? std::optional(length) : std::nullopt;
}

}  // namespace

int HttpFraming::begin(std::string_view line) noexcept {
  *this = HttpFraming{};
  constexpr std::string_view kVersion = "HTTP/1.";
  if (line.substr(0, kVersion.size()) != kVersion || line.size() < 13) return 0;
  if ((line[7] != '0' && line[7] != '1') || line[8] != ' ') return 0;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return 0;
  if (line[12] != ' ' && line[12] != '\r' && line[12] != '\n') return 0;
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status < 100) return 0;
  http1_0_ = line[7] == '0';
  interim_ = status < 200;
  return status;
}

void HttpFraming::add(std::string_view name, std::string_view value, bool exact) noexcept {
  const bool length = same_header_name(name, "content-length");
  if (!length && !same_header_name(name, "transfer-encoding")) return;
  // libcurl does not read such a header.
  if (!exact) blame("Content-Length or Transfer-Encoding is malformed (blank before the colon, or folded line)");
  if (interim_)
    blame("a 1xx response has Content-Length or Transfer-Encoding");  // libcurl would apply it to the next response
  if (length) {
    add_length(value);
  } else {
    add_codings(value);
  }
}

const char* HttpFraming::fault(bool bodyless) const noexcept { return bodyless && !interim_ ? nullptr : fault_; }

void HttpFraming::add_length(std::string_view value) noexcept {
  for (;;) {
    const std::size_t comma = value.find(',');
    const auto length = length_of(trimmed(value.substr(0, comma)));
    if (!length) return blame("its Content-Length is not a number");
    if (length_ && *length_ != *length) return blame("it has two different lengths");
    length_ = length;
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

void HttpFraming::add_codings(std::string_view value) noexcept {
  coded_ = true;
  if (http1_0_) return blame("HTTP/1.0 has no Transfer-Encoding");
  for (;;) {
    const std::size_t comma = value.find(',');
    add_coding(trimmed(value.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

void HttpFraming::add_coding(std::string_view coding) noexcept {
  if (coding.empty()) return;
  if (chunked_) return blame("its Transfer-Encoding has another coding after chunked");
  if (same_header_name(coding, "chunked")) {
    chunked_ = true;
  } else if (!same_header_name(coding, "identity")) {
    blame("it has a Transfer-Encoding that was not requested");
  }
}

void HttpFraming::blame(const char* fault) noexcept {
  if (fault_ == nullptr) fault_ = fault;
}

}  // namespace gelombang
