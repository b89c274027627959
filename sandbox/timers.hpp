// An interface for delayed work: the event loop in the program, in tests a list that the test advances.
#pragma once

#include "base/clock.hpp"

#include <functional>

namespace gelombang::sandbox {

class Timers {
 public:
  virtual ~Timers() = default;
  // Runs `task` once, `delay` from now, on one of the program's threads. May be called from any thread.
  virtual void after(Duration delay, std::function<void()> task) = 0;
};

}  // namespace gelombang::sandbox
