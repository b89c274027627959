// Notes SIGINT and SIGTERM instead of dying of them, while it lives. One at a time.
#pragma once

#include <csignal>

namespace gelombang::selftest {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  [[nodiscard]] static bool seen() noexcept;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace gelombang::selftest
