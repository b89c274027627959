// Threads for work that would block an event loop: password hashes and photo checks. The queue is bounded: a full queue
// makes the portal respond with 503 (overload), instead of building up a backlog.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gelombang::sandbox {

class WorkerPool {
 public:
  WorkerPool(unsigned threads, std::size_t queue_limit);
  // Finishes the queued tasks.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Returns false and drops the task if the queue is full or the pool is stopping.
  [[nodiscard]] bool submit(std::function<void()> task);
  [[nodiscard]] std::size_t queued() const;
  [[nodiscard]] std::size_t queue_limit() const { return queue_limit_; }
  [[nodiscard]] std::size_t threads() const { return threads_.size(); }
  // Runs the queued tasks and joins the threads. Later tasks are refused. Idempotent.
  void stop();

 private:
  void run();

  std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gelombang::sandbox
