#include "metrics/snapshot.hpp"

#include "metrics/counts.hpp"

#include <algorithm>

namespace gelombang {
namespace {

template <class T>
void merge_all(std::vector<T>& to, const std::vector<T>& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i].merge(from[i]);
}

template <class T>
void clear_all(std::vector<T>& all) noexcept {
  for (T& one : all) one.clear();
}

}  // namespace

CountedResult counted_result(Outcome outcome, ErrorClass error) noexcept {
  switch (outcome) {
    case Outcome::success: return CountedResult::success;
    case Outcome::interrupted: return CountedResult::interrupted;
    case Outcome::abandoned: return CountedResult::abandoned;
    case Outcome::failure: break;
  }
  const ErrorSide side = info(error).side;
  const bool ours = side == ErrorSide::generator || side == ErrorSide::mailbox;
  return ours ? CountedResult::own_fault : CountedResult::failure;
}

void ResultCounts::add(Outcome outcome, ErrorClass error) noexcept {
  ++by_result[static_cast<std::size_t>(counted_result(outcome, error))];
  if (outcome == Outcome::abandoned) {
    ++by_error[static_cast<std::size_t>(ErrorClass::abandoned)];
  } else if (outcome == Outcome::failure) {
    ++by_error[static_cast<std::size_t>(error)];
  }
}

void ResultCounts::merge(const ResultCounts& other) noexcept {
  add_all(by_result, other.by_result);
  add_all(by_error, other.by_error);
}

StepSnapshot::StepSnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries)
    : response_time(boundaries),
      service_time(boundaries),
      response_time_failed(boundaries),
      service_time_failed(boundaries),
      response_time_abandoned(boundaries),
      service_time_abandoned(boundaries),
      phases(kPhaseCount, Histogram(boundaries)) {}

void StepSnapshot::merge(const StepSnapshot& other) {
  steps.merge(other.steps);
  response_time.merge(other.response_time);
  service_time.merge(other.service_time);
  response_time_failed.merge(other.response_time_failed);
  service_time_failed.merge(other.service_time_failed);
  response_time_abandoned.merge(other.response_time_abandoned);
  service_time_abandoned.merge(other.service_time_abandoned);
  requests.merge(other.requests);
  merge_all(phases, other.phases);
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  people.merge(other.people);
}

void StepSnapshot::clear() noexcept {
  steps = {};
  response_time.clear();
  service_time.clear();
  response_time_failed.clear();
  service_time_failed.clear();
  response_time_abandoned.clear();
  service_time_abandoned.clear();
  requests = {};
  clear_all(phases);
  bytes_sent = 0;
  bytes_received = 0;
  people = {};
}

void JourneySnapshot::merge(const JourneySnapshot& other) {
  started += other.started;
  add_all(ended, other.ended);
  add_all(dropped, other.dropped);
  duration.merge(other.duration);
  people.merge(other.people);
}

void JourneySnapshot::clear() noexcept {
  started = 0;
  ended = {};
  dropped = {};
  duration.clear();
  people.clear();
}

void NetworkSnapshot::merge(const NetworkSnapshot& other) {
  add_all(ended, other.ended);
  requests.merge(other.requests);
  service_time.merge(other.service_time);
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
}

void NetworkSnapshot::clear() noexcept {
  ended = {};
  requests = {};
  service_time.clear();
  bytes_sent = 0;
  bytes_received = 0;
}

MailSnapshot::MailSnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries)
    : delivery(kMailFolderNames.size(), Histogram(boundaries)), waited(boundaries) {}

void MailSnapshot::merge(const MailSnapshot& other) {
  add_all(by_result, other.by_result);
  merge_all(delivery, other.delivery);
  waited.merge(other.waited);
}

void MailSnapshot::clear() noexcept {
  by_result = {};
  clear_all(delivery);
  waited.clear();
}

void ConformanceTable::add(ConformanceRow row) {
  reported += row.count;
  violated += row.holds ? 0 : row.count;
  const auto same = std::find_if(rows.begin(), rows.end(), [&row](const ConformanceRow& r) {
    return r.holds == row.holds && r.rule == row.rule && r.got == row.got && r.expected == row.expected;
  });
  if (same != rows.end()) {
    same->count += row.count;
  } else if (rows.size() < kMaximumRows) {
    rows.push_back(std::move(row));
  }
}

void ConformanceTable::merge(const ConformanceTable& other) {
  // `other` also counts rows that it did not keep.
  const std::uint64_t all_reported = reported + other.reported;
  const std::uint64_t all_violated = violated + other.violated;
  for (const ConformanceRow& row : other.rows) add(row);
  reported = all_reported;
  violated = all_violated;
}

void ScriptErrors::merge(const ScriptErrors& other) {
  count += other.count;
  if (!first && other.first) first = other.first;
}

Snapshot::Snapshot(std::shared_ptr<const MetricsLayout> layout)
    : steps(layout->catalog.steps.size(), StepSnapshot(layout->boundaries)),
      journeys(layout->catalog.journeys.size(), JourneySnapshot(layout->boundaries)),
      networks(layout->catalog.networks.size(), NetworkSnapshot(layout->boundaries)),
      schedule_lag(layout->boundaries),
      mail(layout->boundaries),
      layout_(std::move(layout)) {}

void Snapshot::merge(const Snapshot& other) {
  merge_all(steps, other.steps);
  merge_all(journeys, other.journeys);
  merge_all(networks, other.networks);
  schedule_lag.merge(other.schedule_lag);
  mail.merge(other.mail);
  conformance.merge(other.conformance);
  script_errors.merge(other.script_errors);
}

void Snapshot::clear() noexcept {
  clear_all(steps);
  clear_all(journeys);
  clear_all(networks);
  schedule_lag.clear();
  mail.clear();
  conformance = {};
  script_errors = {};
}

}  // namespace gelombang
