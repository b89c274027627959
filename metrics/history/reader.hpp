// Reads the runs in a history file. Everything that shows a finished run goes through here. One thread at a time;
// others may write meanwhile.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/annotation.hpp"
#include "metrics/layout.hpp"
#include "metrics/sample.hpp"
#include "metrics/sampled_details.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/interval.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

enum class RunState : std::uint8_t {
  finished,
  under_way,  // no end yet, and written to a moment ago
  cut_off,    // no end, and not written to lately: the run was killed; its data until then is complete
};

// The data of a run in a list of runs.
struct RunHead {
  std::string id;
  RunState state = RunState::finished;
  std::string scenario;
  std::string load;
  std::string target;  // without userinfo and query
  std::string version;
  std::uint64_t seed = 0;
  WallTime started_at{};
  std::optional<WallTime> ended_at;
  Duration recorded{};           // since the schedule's start: to the end of the last interval
  std::string verdict;           // empty without an end, like the next two
  std::string validity;          // name of a ValidityState
  std::optional<int> exit_code;  // of the program
};

// One run without its figures.
struct RunRecord : RunHead {
  std::string scenario_path;
  std::string scenario_sha256;  // of the scenario's file, in hexadecimal
  std::string plan;             // JSON
  std::string summary;          // JSON; empty without an end
  std::shared_ptr<const MetricsLayout> layout;
  std::vector<Annotation> annotations;  // by time
};

// The results of one value of a dimension in ten seconds.
struct DimensionSlice {
  Duration begin{};  // since the schedule's start
  std::string_view dimension;
  std::string_view value;
  const DimensionCell& cell;
};

// One request, as it was measured; all durations are rounded to microseconds.
struct AttemptRecord {
  Duration offset{};  // when it began, since the schedule's start
  StepId step = 0;
  unsigned tries = 1;    // tries of the person so far, this one included
  RequestSample sample;  // without its start and its remote address
  std::string remote;    // address and port; empty if there was none
};

// A request that failed.
struct EvidenceRecord : AttemptRecord {
  std::string method;
  std::string url;      // without userinfo and query
  std::string headers;  // of the response, a line each; values that may reveal a secret are "[redacted]"
  std::string body;     // its first bytes, redacted likewise
  std::string detail;   // what the client says about the failure
};

class HistoryReader {
 public:
  // An Error if the file does not exist, or is damaged, newer or foreign. The file is left as it is.
  static Result<std::unique_ptr<HistoryReader>> open(const std::string& path);
  ~HistoryReader();
  HistoryReader(const HistoryReader&) = delete;
  HistoryReader& operator=(const HistoryReader&) = delete;

  // The oldest first.
  Result<std::vector<RunHead>> runs();
  // The full id for "last", for an id, or for the beginning of an id that fits no other run.
  Result<std::string> find(std::string_view wanted);
  // By full id.
  Result<RunRecord> run(const std::string& id);
  // Shows each interval, in order, with a snapshot that is reused for the next one: the intervals of an hour would not
  // fit into memory.
  Result<void> intervals(const RunRecord& run, const std::function<void(const Interval&)>& visitor);
  // All intervals merged: for a finished run, its totals.
  Result<Snapshot> totals(const RunRecord& run);

  // By time.
  Result<void> dimensions(const RunRecord& run, const std::function<void(const DimensionSlice&)>& visitor);
  // A random sample of all requests, by time.
  Result<void> attempts(const RunRecord& run, const std::function<void(const AttemptRecord&)>& visitor);
  // In the order in which it was gathered.
  Result<void> evidence(const RunRecord& run, const std::function<void(const EvidenceRecord&)>& visitor);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  class Impl;
  HistoryReader(std::string path, std::unique_ptr<Impl> impl);

  std::string path_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gelombang
