#include "engine/arrivals.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang {

ArrivalSchedule::ArrivalSchedule(const Load& load, std::uint64_t seed, Share share)
    : intensity_(&load.intensity),
      sessions_(load.sessions ? &*load.sessions : nullptr),
      uniform_(load.uniform),
      end_(load.intensity.total()),
      seed_(seed),
      share_(share) {
  // Twenty seconds of 0.7/s are 14 arrivals, whatever the last bit of the product says.
  const double whole = std::round(end_);
  if (uniform_ && std::abs(end_ - whole) <= 1e-9 * whole) end_ = whole;
}

std::optional<Arrival> ArrivalSchedule::next() {
  if (sessions_ != nullptr) return next_session();
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

std::optional<Arrival> ArrivalSchedule::next_session() {
  const std::uint64_t end = sessions_->size();
  while (index_ < end && !share_.owns(index_)) ++index_;
  if (index_ >= end) return std::nullopt;
  const std::uint64_t index = index_++;
  return Arrival{index, sessions_->offset(index)};
}

std::uint64_t count_arrivals(const Load& load, std::uint64_t seed, const Segment& segment, Duration until) {
  ArrivalSchedule schedule(load, seed, Share{segment, 0, 1});
  std::uint64_t count = 0;
  for (auto arrival = schedule.next(); arrival && arrival->offset < until; arrival = schedule.next()) ++count;
  return count;
}

Pacer::Pacer(ArrivalSchedule schedule, TimePoint epoch, CatchUp policy)
    : schedule_(schedule), epoch_(epoch), policy_(policy) {
  next_ = schedule_.next();
}

TimePoint Pacer::release_of(const Arrival& arrival) const noexcept {
  const TimePoint intended = epoch_ + arrival.offset;
  if (!resumed_) return intended;
  const auto since = static_cast<double>((arrival.offset - resumed_->offset).count());
  return std::max(intended, resumed_->at + Duration(static_cast<Duration::rep>(since / kCatchUpSpeed)));
}

std::optional<Arrival> Pacer::due(TimePoint now) {
  if (!next_) return std::nullopt;
  // Late against what was promised, catching up included: a further stall begins a further backlog.
  if (policy_ == CatchUp::capped && now - release_of(*next_) > kStall) resumed_ = Resumption{now, next_->offset};
  if (release_of(*next_) > now) return std::nullopt;
  const std::optional<Arrival> arrival = next_;
  if (now - (epoch_ + arrival->offset) > kStall) ++late_;
  next_ = schedule_.next();
  return arrival;
}

std::optional<Arrival> Pacer::intended_before(TimePoint time) {
  if (!next_ || epoch_ + next_->offset >= time) return std::nullopt;
  const std::optional<Arrival> arrival = next_;
  next_ = schedule_.next();
  return arrival;
}

std::optional<TimePoint> Pacer::next_deadline() const {
  if (!next_) return std::nullopt;
  return release_of(*next_);
}

}  // namespace gelombang
