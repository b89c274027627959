// What requests met by where they went and how they were made, and mail by its domain: each dimension by itself, never
// their product. Values come from the target or from people's addresses: they are bounded in length and number.
#pragma once

#include "base/clock.hpp"
#include "metrics/histogram.hpp"
#include "metrics/latency_boundaries.hpp"
#include "metrics/sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

enum class Dimension : std::uint8_t {
  remote_address,  // and port
  back_end,        // as a header or cookie says that the scenario names
  request_size,    // as sent: line, headers and body
  attempt,         // how often the person has tried this, this time included
  network,         // the person's
  mail_domain,     // of the mail that was waited for
};
inline constexpr std::array<std::string_view, 6> kDimensionNames{"remote_address", "back_end", "request_size",
                                                                 "attempt",        "network",  "mail_domain"};

struct DimensionCell {
  explicit DimensionCell(const std::shared_ptr<const LatencyBoundaries>& boundaries) : time(boundaries) {}
  void merge(const DimensionCell& other);

  std::uint64_t count = 0;
  std::uint64_t failures = 0;  // of the target
  Histogram time;              // service time of successful requests; delivery of mail that came
};

class Dimensions {
 public:
  static constexpr std::size_t kMaximumValues = 64;  // of a dimension; what comes after them is "other"
  static constexpr std::size_t kLongestValue = 64;   // bytes
  static constexpr std::string_view kOther = "other";
  struct Value {
    std::string name;
    DimensionCell cell;
  };

  explicit Dimensions(std::shared_ptr<const LatencyBoundaries> boundaries) : boundaries_(std::move(boundaries)) {}

  // The cell of a value; an empty value has none (nullptr).
  DimensionCell* cell(Dimension dimension, std::string_view value);
  DimensionCell* cell(const RemoteAddress& remote);
  void merge(const Dimensions& other);
  void clear();
  [[nodiscard]] const std::vector<Value>& values(Dimension dimension) const noexcept {
    return values_[static_cast<std::size_t>(dimension)];
  }

 private:
  std::shared_ptr<const LatencyBoundaries> boundaries_;
  std::array<std::vector<Value>, kDimensionNames.size()> values_;
  std::array<std::size_t, kDimensionNames.size()> last_{};  // the one that was asked for last, most often asked again
  std::vector<std::pair<RemoteAddress, std::size_t>> remotes_;  // index among the values
};

// The bucket of a request of so many bytes.
std::string_view request_size_name(std::uint64_t bytes) noexcept;
// "1" to "5", "6-10", "over 10"; empty for 0.
std::string_view attempt_name(unsigned tries) noexcept;
// "127.0.0.1:8080", "[::1]:443"; empty where there was none.
std::string remote_text(const RemoteAddress& remote);
// What may stand as a value: letters, digits and ._:-, at most kLongestValue of them; others become '_'.
std::string dimension_value(std::string_view text);

}  // namespace gelombang
