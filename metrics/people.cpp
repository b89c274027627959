#include "metrics/people.hpp"

#include "metrics/counts.hpp"

namespace gelombang {

void StepPeople::merge(const StepPeople& other) noexcept {
  reached += other.reached;
  succeeded += other.succeeded;
  add_all(ended, other.ended);
  add_all(ended_after, other.ended_after);
  add_all(lost, other.lost);
  first_tries += other.first_tries;
  retries += other.retries;
  double_submits += other.double_submits;
  calm_requests += other.calm_requests;
}

void JourneyPeople::add(const PersonSample& sample) noexcept {
  ++ended[static_cast<std::size_t>(sample.fate)];
  switch (sample.fate) {
    case PersonFate::succeeded: time.observed.record(sample.time); break;
    // A person who gave up never got there, so their time counts as longer than everybody else's.
    case PersonFate::lost:
    case PersonFate::away: time.censored.record(kNever); break;
    case PersonFate::interrupted: time.censored.record(sample.time); break;
    case PersonFate::left:
    case PersonFate::own_fault: break;
  }
}

void JourneyPeople::merge(const JourneyPeople& other) {
  add_all(ended, other.ended);
  time.merge(other.time);
}

void JourneyPeople::clear() noexcept {
  ended = {};
  time.clear();
}

}  // namespace gelombang
