#include "selftest/stop_signals.hpp"

#include <atomic>

namespace gelombang::selftest {
namespace {

std::atomic<bool> stop_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void note(int) { stop_seen = true; }

}  // namespace

StopSignals::StopSignals() {
  stop_seen = false;
  struct sigaction action {};
  action.sa_handler = &note;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

bool StopSignals::seen() noexcept { return stop_seen; }

}  // namespace gelombang::selftest
