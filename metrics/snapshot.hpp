// All counts of a part of a run: a worker's last second, or everything so far. Snapshots of one layout merge exactly,
// in any order (except for the order of texts).
#pragma once

#include "metrics/censored_histogram.hpp"
#include "metrics/layout.hpp"
#include "metrics/people.hpp"
#include "metrics/sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// How a request or step is counted: by outcome. Our own faults are separate: they say nothing about the target.
enum class CountedResult : std::uint8_t { success, failure, interrupted, abandoned, own_fault };
inline constexpr std::array<std::string_view, 5> kCountedResultNames{"success", "failure", "interrupted", "abandoned",
                                                                     "own_fault"};
CountedResult counted_result(Outcome outcome, ErrorClass error) noexcept;

// Requests or steps by result. The target causes failure and abandoned, the generator or the mailbox causes own_fault,
// nobody causes interrupted.
struct ResultCounts {
  std::array<std::uint64_t, kCountedResultNames.size()> by_result{};
  std::array<std::uint64_t, kErrorClassCount> by_error{};  // every failure, abandonment and own fault, once

  void add(Outcome outcome, ErrorClass error) noexcept;
  void merge(const ResultCounts& other) noexcept;
  [[nodiscard]] std::uint64_t operator[](CountedResult result) const noexcept {
    return by_result[static_cast<std::size_t>(result)];
  }
  [[nodiscard]] std::uint64_t operator[](ErrorClass error) const noexcept {
    return by_error[static_cast<std::size_t>(error)];
  }
  // The target's failures, abandonment included: the numerator of error_rate.
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return (*this)[CountedResult::failure] + (*this)[CountedResult::abandoned];
  }
  // What ended and says something about the target: the denominator of error_rate.
  [[nodiscard]] std::uint64_t finished() const noexcept { return (*this)[CountedResult::success] + failed(); }
  [[nodiscard]] std::uint64_t total() const noexcept {
    return std::accumulate(by_result.begin(), by_result.end(), std::uint64_t{0});
  }
};

struct StepSnapshot {
  explicit StepSnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries);
  void merge(const StepSnapshot& other);
  void clear() noexcept;

  ResultCounts steps;
  CensoredHistogram response_time;  // observed: successes; censored: interrupted and abandoned
  CensoredHistogram service_time;   // likewise
  Histogram response_time_failed;   // failures of the target
  Histogram service_time_failed;
  Histogram response_time_abandoned;  // the part of the censored whose person left
  Histogram service_time_abandoned;
  ResultCounts requests;
  std::vector<Histogram> phases;  // by Phase; of successful requests that reached the phase
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  StepPeople people;
};

struct JourneySnapshot {
  explicit JourneySnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries)
      : duration(boundaries), people(boundaries) {}
  void merge(const JourneySnapshot& other);
  void clear() noexcept;

  std::uint64_t started = 0;
  std::array<std::uint64_t, kOutcomeCount> ended{};  // by Outcome
  std::array<std::uint64_t, kDropReasonCount> dropped{};
  CensoredHistogram duration;  // pauses included; observed: successes; censored: interrupted and abandoned
  JourneyPeople people;
  [[nodiscard]] std::uint64_t operator[](Outcome outcome) const noexcept {
    return ended[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t operator[](DropReason reason) const noexcept {
    return dropped[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t total_dropped() const noexcept {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
  }
  // Arrivals with a known fate: started and ended in any way, or dropped.
  [[nodiscard]] std::uint64_t decided() const noexcept {
    return std::accumulate(ended.begin(), ended.end(), total_dropped());
  }
};

// Results of the people of one network profile. The history does not keep them: it keeps the dimension "network".
struct NetworkSnapshot {
  explicit NetworkSnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries) : service_time(boundaries) {}
  void merge(const NetworkSnapshot& other);
  void clear() noexcept;

  std::array<std::uint64_t, kOutcomeCount> ended{};  // iterations, by Outcome
  ResultCounts requests;
  Histogram service_time;  // of successful requests
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

struct MailSnapshot {
  explicit MailSnapshot(const std::shared_ptr<const LatencyBoundaries>& boundaries);
  void merge(const MailSnapshot& other);
  void clear() noexcept;

  std::array<std::uint64_t, kMailResultCount> by_result{};
  std::vector<Histogram> delivery;  // by MailFolder; in time and late
  Histogram waited;  // time waited for mail that is lost, pending, or late and not arrived: a censored delivery
  [[nodiscard]] std::uint64_t operator[](MailResult result) const noexcept {
    return by_result[static_cast<std::size_t>(result)];
  }
};

struct ConformanceRow {
  std::string rule;
  std::string expected;
  std::string got;
  bool holds = false;
  std::uint64_t count = 1;  // how often this very row was reported
};

// Merges equal rows. Keeps at most kMaximumRows, counts all.
struct ConformanceTable {
  static constexpr std::size_t kMaximumRows = 1000;

  void add(ConformanceRow row);
  void merge(const ConformanceTable& other);
  [[nodiscard]] bool empty() const noexcept { return reported == 0; }

  std::vector<ConformanceRow> rows;
  std::uint64_t reported = 0;
  std::uint64_t violated = 0;
};

struct ScriptErrors {
  struct First {
    JourneyId journey = 0;
    std::optional<StepId> step;
    std::string text;  // with traceback
  };
  void merge(const ScriptErrors& other);

  std::uint64_t count = 0;
  std::optional<First> first;
};

class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const MetricsLayout> layout);

  void merge(const Snapshot& other);
  // Empties the snapshot, keeps its memory.
  void clear() noexcept;
  [[nodiscard]] const std::shared_ptr<const MetricsLayout>& layout() const noexcept { return layout_; }

  std::vector<StepSnapshot> steps;        // by StepId
  std::vector<JourneySnapshot> journeys;  // by JourneyId
  std::vector<NetworkSnapshot> networks;  // by NetworkId
  Histogram schedule_lag;                 // actual minus intended start of iterations
  MailSnapshot mail;
  ConformanceTable conformance;
  ScriptErrors script_errors;

 private:
  std::shared_ptr<const MetricsLayout> layout_;
};

}  // namespace gelombang
