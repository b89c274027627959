#include "engine/load/timetable.hpp"

#include <algorithm>
#include <limits>

namespace gelombang {

Timetable::Timetable(const Intensity& intensity) : intensity_(&intensity), stretches_(1) {}

void Timetable::apply(const Steering& change) {
  const Stretch& last = stretches_.back();
  Stretch next = last;
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
  stretches_.push_back(next);
}

const Timetable::Stretch& Timetable::stretch_at(Duration offset) const noexcept {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), offset,
                                      [](Duration value, const Stretch& stretch) { return value < stretch.start; });
  return after == stretches_.begin() ? stretches_.front() : *std::prev(after);
}

Duration Timetable::position(const Stretch& stretch, Duration offset) const noexcept {
  if (stretch.paused || offset <= stretch.start) return stretch.position;
  return stretch.position + std::min(offset - stretch.start, intensity_->length() - stretch.position);
}

double Timetable::integral(const Stretch& stretch, Duration offset) const noexcept {
  return stretch.before + stretch.factor * (intensity_->integral(position(stretch, offset)) - stretch.skipped);
}

double Timetable::when(double arrivals) const noexcept {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), arrivals,
                                      [](double value, const Stretch& stretch) { return value < stretch.before; });
  const Stretch& stretch = after == stretches_.begin() ? stretches_.front() : *std::prev(after);
  if (stretch.paused) return std::numeric_limits<double>::infinity();
  const double place = intensity_->inverse(stretch.skipped + (arrivals - stretch.before) / stretch.factor);
  return to_seconds(stretch.start) + std::max(0.0, place - to_seconds(stretch.position));
}

std::optional<Duration> Timetable::when_at(Duration position) const noexcept {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), position,
                                      [](Duration value, const Stretch& stretch) { return value < stretch.position; });
  const Stretch& stretch = *std::prev(after);
  if (stretch.paused) return std::nullopt;
  return stretch.start + (position - stretch.position);
}

double Timetable::integral(Duration offset) const noexcept { return integral(stretch_at(offset), offset); }

double Timetable::total() const noexcept {
  const Stretch& last = stretches_.back();
  return last.before + last.factor * (intensity_->total() - last.skipped);
}

Rate Timetable::at(Duration offset) const noexcept {
  if (offset < Duration::zero()) return Rate{};
  const Stretch& stretch = stretch_at(offset);
  if (stretch.paused) return Rate{};
  return Rate::per_second(intensity_->at(position(stretch, offset)).per_second() * stretch.factor);
}

Duration Timetable::position(Duration offset) const noexcept { return position(stretch_at(offset), offset); }

Duration Timetable::end() const noexcept {
  const Stretch& last = stretches_.back();
  return last.paused ? Duration::max() : last.start + (intensity_->length() - last.position);
}

}  // namespace gelombang
