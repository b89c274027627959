// Text <-> quantities with units, as users write them on the command line and in scenarios.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

// Events per second. Never negative, never NaN.
class Rate {
 public:
  constexpr Rate() = default;
  static constexpr Rate per_second(double value) { return Rate(value); }
  [[nodiscard]] constexpr double per_second() const { return per_second_; }
  friend constexpr bool operator==(Rate, Rate) = default;

 private:
  constexpr explicit Rate(double value) : per_second_(value) {}
  double per_second_ = 0;
};

// "10"; digits only. "010" is ten.
Result<std::uint64_t> parse_whole_number(std::string_view text);
// "250ms", "1.5s", "2m", "1h30m", "0"; units ns, us, ms, s, m, h, d. A bare number other than 0 is an error.
Result<Duration> parse_duration(std::string_view text);
// "50/s", "0.1/s", "3/m", "100/h"; the number may be 0, the unit is required.
Result<Rate> parse_rate(std::string_view text);
// "2000000", "1MiB", "200KB", "1.5MB"; decimal and binary prefixes. Bytes.
Result<std::uint64_t> parse_size(std::string_view text);
// "1.5Mbit/s", "500kbit/s"; bit/s, kbit/s, Mbit/s, Gbit/s, decimal. Bytes per second, at least 1 bit/s, at most 100
// Gbit/s.
Result<double> parse_bandwidth(std::string_view text);
// "1/1000" or "0.001"; in (0, 1e6].
Result<double> parse_scale(std::string_view text);

// Three significant digits in the unit that reads best: "812 us", "1.25 ms", "43.1 ms", "2.50 s", "3m 20s".
std::string format_duration(Duration value);
// "48.2/s", "0.10/s"; slow ones per minute or hour, "0.36/m", "0.18/h".
std::string format_rate(Rate value);
// "1.50 Mbit/s", of bytes per second.
std::string format_bandwidth(double bytes_per_second);
// "1.43 MiB".
std::string format_size(std::uint64_t bytes);

}  // namespace gelombang
