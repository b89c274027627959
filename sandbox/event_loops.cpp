#include "sandbox/event_loops.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <thread>
#include <utility>

namespace gelombang::sandbox {

namespace asio = boost::asio;

struct EventLoops::Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

EventLoops::EventLoops(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>());
}

EventLoops::~EventLoops() { stop(); }

asio::io_context& EventLoops::context(std::size_t index) { return loops_[index]->context; }

void EventLoops::start() {
  for (auto& loop : loops_) {
    loop->thread = std::thread([context = &loop->context] {
      for (;;) {
        try {
          context->run();
          return;
        } catch (const std::exception& e) {
          // A bug in a handler must not stop the portal. Its request gets a 500.
          spdlog::error("event loop: {}", e.what());
        }
      }
    });
  }
}

void EventLoops::stop() {
  for (auto& loop : loops_) loop->context.stop();
  for (auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

void EventLoops::after(Duration delay, std::function<void()> task) {
  asio::io_context& context = loops_.front()->context;
  auto timer = std::make_shared<asio::steady_timer>(context);
  const auto deadline = asio::steady_timer::clock_type::now() + delay;
  asio::post(context, [timer, deadline, task = std::move(task)]() mutable {
    timer->expires_at(deadline);
    timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& ec) {
      if (!ec) task();
    });
  });
}

void EventLoops::freeze(Duration how_long) {
  const auto until = std::chrono::steady_clock::now() + how_long;
  for (auto& loop : loops_) {
    asio::post(loop->context, [until] { std::this_thread::sleep_until(until); });
  }
}

}  // namespace gelombang::sandbox
