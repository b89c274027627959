#include "metrics/under_way.hpp"

#include "metrics/snapshot.hpp"

#include <algorithm>

namespace gelombang {

void OpenStep::pause(TimePoint begins, TimePoint ends) noexcept {
  // The previous pause is over, so both clocks begin later by its length.
  const Duration over = pause_ends - pause_begins;
  intended += over;
  began += over;
  pause_begins = begins;
  pause_ends = ends;
}

Duration OpenStep::age(TimePoint from, TimePoint now) const noexcept {
  const TimePoint until = now < pause_ends ? std::min(now, pause_begins) : now - (pause_ends - pause_begins);
  return std::max(Duration::zero(), until - from);
}

OpenVisits::Id OpenVisits::open(const OpenVisit& visit) {
  if (free_.empty()) {
    visits_.emplace_back(visit);
    free_.reserve(visits_.capacity());  // close() needs no memory
    return static_cast<Id>(visits_.size() - 1);
  }
  const Id id = free_.back();
  free_.pop_back();
  visits_[id] = visit;
  return id;
}

void OpenVisits::close(Id id) {
  visits_[id].reset();
  free_.push_back(id);
}

void OpenVisits::copy_to(std::vector<OpenVisit>& to) const {
  for (const auto& visit : visits_) {
    if (visit) to.push_back(*visit);
  }
}

UnderWay::UnderWay(const MetricsLayout& layout)
    : steps(layout.catalog.steps.size(), Step{Histogram(layout.boundaries), Histogram(layout.boundaries)}),
      journeys(layout.catalog.journeys.size(), Journey{Histogram(layout.boundaries), Histogram(layout.boundaries)}),
      mail(layout.boundaries) {}

void UnderWay::add(std::span<const OpenVisit> visits, TimePoint now) {
  for (const OpenVisit& visit : visits) {
    Journey& journey = journeys[visit.journey];
    journey.duration.record(now - visit.started);
    journey.person_time.record(now - visit.intended);
    if (!visit.step) continue;
    Step& step = steps[visit.step->step];
    step.response_time.record(visit.step->response_age(now));
    step.service_time.record(visit.step->service_age(now));
  }
}

void UnderWay::merge(const UnderWay& other) {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    steps[s].response_time.merge(other.steps[s].response_time);
    steps[s].service_time.merge(other.steps[s].service_time);
  }
  for (std::size_t j = 0; j < journeys.size(); ++j) {
    journeys[j].duration.merge(other.journeys[j].duration);
    journeys[j].person_time.merge(other.journeys[j].person_time);
  }
  mail.merge(other.mail);
}

bool UnderWay::empty() const noexcept {
  const auto none = [](const Journey& journey) { return journey.duration.empty(); };
  return mail.empty() && std::all_of(journeys.begin(), journeys.end(), none);
}

void UnderWay::censor(Snapshot& counted) const {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    counted.steps[s].response_time.censored.merge(steps[s].response_time);
    counted.steps[s].service_time.censored.merge(steps[s].service_time);
  }
  for (std::size_t j = 0; j < journeys.size(); ++j) {
    counted.journeys[j].duration.censored.merge(journeys[j].duration);
    counted.journeys[j].people.time.censored.merge(journeys[j].person_time);
  }
  counted.mail.waited.merge(mail);
}

void UnderWay::clear() noexcept {
  for (Step& step : steps) {
    step.response_time.clear();
    step.service_time.clear();
  }
  for (Journey& journey : journeys) {
    journey.duration.clear();
    journey.person_time.clear();
  }
  mail.clear();
}

}  // namespace gelombang
