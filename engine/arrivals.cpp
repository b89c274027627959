#include "engine/arrivals.hpp"

#include "base/random.hpp"

#include <cmath>

namespace gelombang {

ArrivalSchedule::ArrivalSchedule(const Load& load, std::uint64_t seed, Share share)
    : intensity_(&load.intensity), uniform_(load.uniform), end_(load.intensity.total()), seed_(seed), share_(share) {
  // Twenty seconds of 0.7/s are 14 arrivals, whatever the last bit of the product says.
  const double whole = std::round(end_);
  if (uniform_ && std::abs(end_ - whole) <= 1e-9 * whole) end_ = whole;
}

std::optional<Arrival> ArrivalSchedule::next() {
  // Every share walks the whole schedule and keeps its own: about 20 ns for an arrival of others.
  for (;;) {
    const std::uint64_t index = index_++;
    if (uniform_) {
      rescaled_ = static_cast<double>(index);
    } else {
      rescaled_ += RandomStream(seed_, RandomPurpose::arrivals, index).exponential();
    }
    if (!(rescaled_ < end_)) {
      --index_;  // stay at the end
      return std::nullopt;
    }
    if (!share_.owns(index)) continue;
    return Arrival{index, from_seconds(intensity_->inverse(rescaled_))};
  }
}

std::uint64_t count_arrivals(const Load& load, std::uint64_t seed, const Segment& segment, Duration until) {
  ArrivalSchedule schedule(load, seed, Share{segment, 0, 1});
  std::uint64_t count = 0;
  for (auto arrival = schedule.next(); arrival && arrival->offset < until; arrival = schedule.next()) ++count;
  return count;
}

Pacer::Pacer(ArrivalSchedule schedule, TimePoint epoch) : schedule_(schedule), epoch_(epoch) {
  next_ = schedule_.next();
}

std::optional<Arrival> Pacer::due(TimePoint now) {
  if (!next_ || epoch_ + next_->offset > now) return std::nullopt;
  const std::optional<Arrival> arrival = next_;
  next_ = schedule_.next();
  return arrival;
}

std::optional<TimePoint> Pacer::next_deadline() const {
  if (!next_) return std::nullopt;
  return epoch_ + next_->offset;
}

}  // namespace gelombang
