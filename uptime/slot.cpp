#include "uptime/slot.hpp"

#include "base/random.hpp"

namespace gelombang::uptime {

Duration slot_offset(std::string_view monitor, std::string_view location, Duration interval) noexcept {
  // FNV-1a (Fowler, Noll, Vo), 64 bits; a byte 0 between the names keeps "a" + "bc" apart from "ab" + "c".
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211U; };
  for (const char c : monitor) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : location) add(static_cast<unsigned char>(c));
  return Duration(static_cast<Duration::rep>(mix64(hash) % static_cast<std::uint64_t>(interval.count())));
}

Slot slot_due_at(WallTime at, Duration interval, Duration offset) noexcept {
  const auto since = at.time_since_epoch() - offset;
  const Slot slot = since / interval;
  return since < Duration::zero() && since % interval != Duration::zero() ? slot - 1 : slot;
}

WallTime slot_time(Slot slot, Duration interval, Duration offset) noexcept {
  return WallTime(interval * slot + offset);
}

}  // namespace gelombang::uptime
