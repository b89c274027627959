// Results of requests by destination and by kind of request, and of mail by domain: each dimension alone, never
// combinations. Values come from the target or from people's addresses, so their length and number are bounded.
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
  back_end,        // named by a header or cookie that the scenario chooses
  request_size,    // as sent: line, headers and body
  attempt,         // tries of the person so far, this one included
  network,         // of the person
  mail_domain,     // of the awaited mail
};
inline constexpr std::array<std::string_view, 6> kDimensionNames{"remote_address", "back_end", "request_size",
                                                                 "attempt",        "network",  "mail_domain"};

struct DimensionCell {
  explicit DimensionCell(const std::shared_ptr<const LatencyBoundaries>& boundaries) : time(boundaries) {}
  void merge(const DimensionCell& other);

  std::uint64_t count = 0;
  std::uint64_t failures = 0;  // of the target
  Histogram time;              // service time of successful requests; delivery time of mail that arrived
};

class Dimensions {
 public:
  static constexpr std::size_t kMaximumValues = 64;  // of a dimension; later values count as "other"
  static constexpr std::size_t kLongestValue = 64;   // bytes
  static constexpr std::string_view kOther = "other";
  struct Value {
    std::string name;
    DimensionCell cell;
  };

  explicit Dimensions(std::shared_ptr<const LatencyBoundaries> boundaries) : boundaries_(std::move(boundaries)) {}

  // The cell of a value; nullptr for an empty value.
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
  std::array<std::size_t, kDimensionNames.size()> last_{};  // index of the value asked for last: most often asked again
  std::vector<std::pair<RemoteAddress, std::size_t>> remotes_;  // with the index among the values
};

// The bucket of a request of this size.
std::string_view request_size_name(std::uint64_t bytes) noexcept;
// "1" to "5", "6-10", "over 10"; empty for 0.
std::string_view attempt_name(unsigned tries) noexcept;
// "127.0.0.1:8080", "[::1]:443"; empty if there is no address.
std::string remote_text(const RemoteAddress& remote);
// Makes a valid value: keeps letters, digits and ._:-, replaces other characters by '_', cuts at kLongestValue.
std::string dimension_value(std::string_view text);

}  // namespace gelombang
