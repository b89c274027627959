#include "metrics/history/writer.hpp"

#include "metrics/history/file.hpp"
#include "metrics/history/rows.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>
#include <ctime>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

double thread_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

// Shared with its thread: if the disk hangs, the thread may live longer than the writer.
class HistoryWriter::Recording {
 public:
  // May be called again if a transaction must be repeated.
  using Job = std::function<void(HistoryRows&)>;

  Recording(std::string path, std::unique_ptr<SQLite::Database> database)
      : path_(std::move(path)), rows_(std::make_unique<HistoryRows>(std::move(database))) {}

  Result<void> write_first(const RunStart& run) {
    try {
      rows_->begin();
      rows_->write(run);
      rows_->commit();
      return {};
    } catch (const SQLite::Exception& fault) {
      rows_->rollback();
      return history_error(path_, fault);
    }
  }

  // The body of the thread. Its own copy of `self` keeps the recording alive.
  static void run(const std::shared_ptr<Recording>& self) { self->write_all(); }

  void hand_over(Job job) {
    {
      const std::lock_guard lock(mutex_);
      if (problem_ || closing_) return;
      if (waiting_.size() < kMostWaiting) {
        waiting_.push_back(std::move(job));
      } else {
        stop("the disk is too slow: writing takes longer than measuring");
      }
    }
    wake_.notify_all();
  }

  bool wait_until_written(Duration patience) {
    std::unique_lock lock(mutex_);
    const bool done = idle_.wait_for(lock, patience, [this] { return problem_ || (waiting_.empty() && !writing_); });
    if (!done) stop("the disk is too slow: the last figures were not written in time");
    return !problem_;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
  }

  // Whether the thread has done its last write.
  bool wait_until_closed(Duration patience) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, patience, [this] { return closed_; });
  }

  [[nodiscard]] std::optional<std::string> problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
  }
  [[nodiscard]] double cpu_seconds() const noexcept { return cpu_seconds_; }

 private:
  // Call with the mutex locked.
  void stop(std::string why) {
    if (!problem_) problem_ = std::move(why);
    waiting_.clear();
    idle_.notify_all();
  }

  void write_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) break;
      const std::size_t count = waiting_.size();
      const std::vector<Job> jobs(waiting_.begin(), waiting_.end());
      writing_ = true;
      lock.unlock();
      const std::optional<std::string> fault = write(jobs);
      cpu_seconds_ = thread_cpu_seconds();
      lock.lock();
      writing_ = false;
      if (fault && !fault->empty()) {
        stop(*fault);
      } else if (!fault && !problem_) {
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      }
      if (waiting_.empty()) idle_.notify_all();
    }
    rows_.reset();
    closed_ = true;
    idle_.notify_all();
  }

  // Nothing: written. An empty text: another program holds the file, try again. Otherwise: the problem.
  std::optional<std::string> write(const std::vector<Job>& jobs) {
    try {
      rows_->begin();
      for (const Job& job : jobs) job(*rows_);
      rows_->commit();
      return std::nullopt;
    } catch (const SQLite::Exception& fault) {
      rows_->rollback();
      if (fault.getErrorCode() == SQLITE_BUSY) return std::string();
      return history_error(path_, fault).message;
    } catch (const std::exception& fault) {
      rows_->rollback();
      return std::string(fault.what());
    }
  }

  std::string path_;
  std::unique_ptr<HistoryRows> rows_;  // used by the thread alone, once it runs

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Job> waiting_;  // including the jobs being written
  bool writing_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::optional<std::string> problem_;
  std::atomic<double> cpu_seconds_{0};
};

HistoryWriter::HistoryWriter(std::string path, std::shared_ptr<Recording> recording, const MetricsLayout& layout)
    : path_(std::move(path)),
      recording_(std::move(recording)),
      thread_(Recording::run, recording_),
      dimensions_(std::make_unique<DimensionRows>(layout.boundaries)) {}

Result<std::unique_ptr<HistoryWriter>> HistoryWriter::open(const std::string& path, const RunStart& run) {
  auto database = open_history_to_write(path);
  if (!database) return database.error();
  auto recording = std::make_shared<Recording>(path, std::move(*database));
  if (const auto written = recording->write_first(run); !written) return written.error();
  return std::unique_ptr<HistoryWriter>(new HistoryWriter(path, std::move(recording), *run.layout));
}

HistoryWriter::~HistoryWriter() {
  recording_->close();
  if (recording_->wait_until_closed(kPatience)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void HistoryWriter::started(WallTime at, TimePoint epoch) {
  epoch_ = epoch;
  recording_->hand_over([at](HistoryRows& rows) { rows.started(at); });
}

void HistoryWriter::withdraw() {
  recording_->hand_over([](HistoryRows& rows) { rows.withdraw(); });
}

void HistoryWriter::add(const Interval& interval) {
  if (recording_->problem()) return;
  const auto row = std::make_shared<IntervalRow>(interval, next_interval_++, epoch_);
  row->dimensions = dimensions_->add(interval);
  recording_->hand_over([row](HistoryRows& rows) { rows.write(*row); });
}

void HistoryWriter::annotate(const Annotation& annotation) {
  recording_->hand_over([annotation](HistoryRows& rows) { rows.write(annotation); });
}

void HistoryWriter::finish(const RunEnd& end) {
  recording_->hand_over([end](HistoryRows& rows) { rows.write(end); });
}

bool HistoryWriter::flush(Duration patience) { return recording_->wait_until_written(patience); }

std::optional<std::string> HistoryWriter::problem() const { return recording_->problem(); }

double HistoryWriter::cpu_seconds() const { return recording_->cpu_seconds(); }

}  // namespace gelombang
