#include "engine/load/timetable.hpp"

#include <algorithm>
#include <limits>

namespace gelombang {

Timetable::Timetable(const Intensity& intensity) : intensity_(&intensity), intervals_(1) {}

void Timetable::apply(const Steering& change) {
  const Interval& last = intervals_.back();
  Interval next = last;
  next.start = std::max(change.at, last.start);
  next.position = position(last, next.start);
  next.before = integral(last, next.start);
  switch (change.action) {
    case SteeringAction::pause: next.paused = true; break;
    case SteeringAction::resume: next.paused = false; break;
    case SteeringAction::rate: next.factor = change.factor; break;
    case SteeringAction::jump: next.position = std::clamp(change.to, Duration::zero(), intensity_->length()); break;
  }
  next.skipped = intensity_->integral(next.position);
  intervals_.push_back(next);
}

const Timetable::Interval& Timetable::interval_at(Duration offset) const noexcept {
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), offset,
                                      [](Duration value, const Interval& interval) { return value < interval.start; });
  return after == intervals_.begin() ? intervals_.front() : *std::prev(after);
}

Duration Timetable::position(const Interval& interval, Duration offset) const noexcept {
  if (interval.paused || offset <= interval.start) return interval.position;
  return interval.position + std::min(offset - interval.start, intensity_->length() - interval.position);
}

double Timetable::integral(const Interval& interval, Duration offset) const noexcept {
  return interval.before + interval.factor * (intensity_->integral(position(interval, offset)) - interval.skipped);
}

double Timetable::when(double arrivals) const noexcept {
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), arrivals,
                                      [](double value, const Interval& interval) { return value < interval.before; });
  const Interval& interval = after == intervals_.begin() ? intervals_.front() : *std::prev(after);
  if (interval.paused) return std::numeric_limits<double>::infinity();
  const double place = intensity_->inverse(interval.skipped + (arrivals - interval.before) / interval.factor);
  return to_seconds(interval.start) + std::max(0.0, place - to_seconds(interval.position));
}

std::optional<Duration> Timetable::when_at(Duration position) const noexcept {
  const auto after =
      std::upper_bound(intervals_.begin(), intervals_.end(), position,
                       [](Duration value, const Interval& interval) { return value < interval.position; });
  const Interval& interval = *std::prev(after);
  if (interval.paused) return std::nullopt;
  return interval.start + (position - interval.position);
}

double Timetable::integral(Duration offset) const noexcept { return integral(interval_at(offset), offset); }

double Timetable::total() const noexcept {
  const Interval& last = intervals_.back();
  return last.before + last.factor * (intensity_->total() - last.skipped);
}

Rate Timetable::at(Duration offset) const noexcept {
  if (offset < Duration::zero()) return Rate{};
  const Interval& interval = interval_at(offset);
  if (interval.paused) return Rate{};
  return Rate::per_second(intensity_->at(position(interval, offset)).per_second() * interval.factor);
}

Duration Timetable::position(Duration offset) const noexcept { return position(interval_at(offset), offset); }

Duration Timetable::end() const noexcept {
  const Interval& last = intervals_.back();
  return last.paused ? Duration::max() : last.start + (intensity_->length() - last.position);
}

}  // namespace gelombang
