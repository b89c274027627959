#include "engine/load/arrivals.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gelombang {

ArrivalSchedule::ArrivalSchedule(const Load& load, std::uint64_t seed, Share share)
    : timetable_(load.intensity),
      sessions_(load.sessions ? &*load.sessions : nullptr),
      uniform_(load.uniform),
      seed_(seed),
      share_(share) {
  draw();
  find_own();
}

void ArrivalSchedule::draw() {
  if (sessions_ != nullptr) return;
  if (uniform_) {
    rescaled_ = static_cast<double>(index_);
  } else {
    rescaled_ += RandomStream(seed_, RandomPurpose::arrivals, index_).exponential();
  }
}

// Every share walks through the whole schedule and keeps its own arrivals. Each other arrival costs about 20 ns.
void ArrivalSchedule::find_own() {
  const double end = timetable_.total();
  while (!share_.owns(index_) && (sessions_ != nullptr ? index_ < sessions_->size() : rescaled_ < end)) {
    ++index_;
    draw();
  }
}

void ArrivalSchedule::steer(const Steering& change) {
  timetable_.apply(change);
  find_own();
}

std::optional<Arrival> ArrivalSchedule::peek() const {
  if (sessions_ != nullptr) {
    if (index_ >= sessions_->size()) return std::nullopt;
    const auto offset = timetable_.when_at(sessions_->offset(index_));
    return offset ? std::optional(Arrival{index_, *offset}) : std::nullopt;
  }
  double end = timetable_.total();
  // Rounding must not lose an arrival: twenty seconds at 0.7/s are 14 arrivals.
  const double whole = std::round(end);
  if (uniform_ && std::abs(end - whole) <= 1e-9 * whole) end = whole;
  if (!share_.owns(index_) || !(rescaled_ < end)) return std::nullopt;
  const double offset = timetable_.when(rescaled_);
  return std::isfinite(offset) ? std::optional(Arrival{index_, from_seconds(offset)}) : std::nullopt;
}

void ArrivalSchedule::advance() {
  ++index_;
  draw();
  find_own();
}

std::optional<Arrival> ArrivalSchedule::next() {
  const std::optional<Arrival> arrival = peek();
  if (arrival) advance();
  return arrival;
}

std::uint64_t count_arrivals(const Load& load, std::uint64_t seed, const Segment& segment,
                             const std::vector<Steering>& changes) {
  ArrivalSchedule schedule(load, seed, Share{segment, 0, 1});
  for (const Steering& change : changes) schedule.steer(change);
  std::uint64_t count = 0;
  while (schedule.next()) ++count;
  return count;
}

Pacer::Pacer(ArrivalSchedule schedule, TimePoint epoch, CatchUp policy)
    : schedule_(std::move(schedule)), epoch_(epoch), policy_(policy) {}

TimePoint Pacer::release_of(const Arrival& arrival) const noexcept {
  const TimePoint intended = epoch_ + arrival.offset;
  if (!resumed_) return intended;
  const auto since = static_cast<double>((arrival.offset - resumed_->offset).count());
  return std::max(intended, resumed_->at + Duration(static_cast<Duration::rep>(since / kCatchUpSpeed)));
}

std::optional<Arrival> Pacer::due(TimePoint now) {
  const std::optional<Arrival> next = schedule_.peek();
  if (!next) return std::nullopt;
  // Lateness is measured against the schedule of catching up, so another stall begins another backlog.
  if (policy_ == CatchUp::capped && now - release_of(*next) > kStall) resumed_ = Resumption{now, next->offset};
  if (release_of(*next) > now) return std::nullopt;
  if (now - (epoch_ + next->offset) > kStall) ++late_;
  schedule_.advance();
  return next;
}

std::optional<Arrival> Pacer::intended_before(TimePoint time) {
  const std::optional<Arrival> next = schedule_.peek();
  if (!next || epoch_ + next->offset >= time) return std::nullopt;
  schedule_.advance();
  return next;
}

std::optional<TimePoint> Pacer::next_deadline() const {
  const std::optional<Arrival> next = schedule_.peek();
  if (!next) return std::nullopt;
  return release_of(*next);
}

TimePoint Pacer::end() const noexcept {
  const Duration end = schedule_.timetable().end();
  return end == Duration::max() ? TimePoint::max() : epoch_ + end;
}

}  // namespace gelombang
