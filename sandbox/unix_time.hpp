// Wall time in the format of the database and the JSON responses.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gelombang::sandbox {

inline std::int64_t unix_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
inline WallTime from_unix_ms(std::int64_t ms) { return WallTime{std::chrono::milliseconds(ms)}; }
// "2021-03-04T05:00:00Z"
std::string iso_time(WallTime time);

}  // namespace gelombang::sandbox
