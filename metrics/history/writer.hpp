// Appends a run to a history file while the run goes on. A separate thread writes. Measuring threads only hand over
// data, and never wait for a disk. The data is soon in the file, so a killed program loses about a second.
// If writing fails (a full disk, a damaged file), the recording stops for good and says why. The run goes on.
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
  std::string plan;  // JSON: what is needed to repeat the run
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

  // Opens or makes the file and writes the run's row, so a failure to write is known before anything is sent.
  static Result<std::unique_ptr<HistoryWriter>> open(const std::string& path, const RunStart& run);
  // Waits for the handed-over data, at most kPatience. A disk that hangs longer holds its thread, not the program.
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  // One thread calls these. started(): the schedule starts, at `epoch` on the clock of the samples.
  void started(WallTime at, TimePoint epoch);
  // Instead of started(): there will be no run, and nothing of it is kept.
  void withdraw();
  void add(const Interval& interval);
  void annotate(const Annotation& annotation);
  void finish(const RunEnd& end);
  // Waits until all data is in the file. False if the recording has stopped, or stops now.
  bool flush(Duration patience = kPatience);

  // Why the recording stopped; from any thread.
  [[nodiscard]] std::optional<std::string> problem() const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // CPU seconds that the writing thread has used so far.
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
