// Appends a run to a history file while it goes on. A thread of its own writes. Who measures only hands over, and
// never waits for a disk. What is handed over is soon in the file, so a killed program loses about a second.
// Where writing fails (a full disk, a damaged file) the recording stops, once and for good, and says why; the run does
// not.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/annotation.hpp"
#include "metrics/layout.hpp"
#include "metrics/thresholds/interval.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace gelombang {

// What is known of a run before its first arrival.
struct RunStart {
  std::string id;
  std::string scenario;
  std::string scenario_path;
  std::string scenario_sha256;  // of the file, in hexadecimal
  std::string load;
  std::string target;  // without userinfo and query
  std::string version;
  std::string plan;  // JSON: what is needed to play it again
  std::uint64_t seed = 0;
  WallTime started_at{};
  std::shared_ptr<const MetricsLayout> layout;
};

struct RunEnd {
  WallTime ended_at{};
  std::string verdict;
  std::string validity;
  int exit_code = 0;
  std::string summary;  // JSON
};

class DimensionRows;

class HistoryWriter {
 public:
  static constexpr std::size_t kMostWaiting = 120;  // about two minutes of intervals
  static constexpr Duration kPatience = std::chrono::seconds(10);

  // Opens or makes the file and writes the run's row, so that what cannot be written is known before anything is sent.
  static Result<std::unique_ptr<HistoryWriter>> open(const std::string& path, const RunStart& run);
  // Waits for what was handed over, at most kPatience; a disk that hangs longer keeps its thread, not the program.
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  // One thread calls these. The schedule starts: `epoch` on the clock of the samples.
  void started(WallTime at, TimePoint epoch);
  // Instead: there will be no run, and nothing is kept of it.
  void withdraw();
  void add(const Interval& interval);
  void annotate(const Annotation& annotation);
  void finish(const RunEnd& end);
  // Waits until all of it is in the file. False where the recording has stopped, or does so now.
  bool flush(Duration patience = kPatience);

  // Why the recording stopped; from any thread.
  [[nodiscard]] std::optional<std::string> problem() const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // What the writing has cost so far, of the thread that writes, in seconds of CPU.
  [[nodiscard]] double cpu_seconds() const;

 private:
  class Recording;
  HistoryWriter(std::string path, std::shared_ptr<Recording> recording, const MetricsLayout& layout);

  std::string path_;
  std::shared_ptr<Recording> recording_;
  std::thread thread_;
  std::unique_ptr<DimensionRows> dimensions_;
  TimePoint epoch_{};
  std::int64_t next_interval_ = 0;
};

}  // namespace gelombang
