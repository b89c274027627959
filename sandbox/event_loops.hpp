// The threads that serve sockets: one Asio loop each. A connection stays on its loop.
#pragma once

#include "base/clock.hpp"
#include "sandbox/timers.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <vector>

namespace gelombang::sandbox {

class EventLoops final : public Timers {
 public:
  explicit EventLoops(unsigned threads);
  ~EventLoops() override;
  EventLoops(const EventLoops&) = delete;
  EventLoops& operator=(const EventLoops&) = delete;

  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  boost::asio::io_context& context(std::size_t index);
  void start();
  // Stops the threads and joins them. Idempotent.
  void stop();
  void after(Duration delay, std::function<void()> task) override;
  // Blocks every loop: nothing is accepted, read or answered, as when a process is stopped.
  void freeze(Duration how_long);

 private:
  struct Loop;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace gelombang::sandbox
