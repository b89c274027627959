// A seam for delayed work: the event loop in the program, a list that a test advances.
#pragma once

#include "base/clock.hpp"

#include <functional>

namespace gelombang::sandbox {

class Timers {
 public:
  virtual ~Timers() = default;
  // Runs `task` once, `delay` from now, on one of the program's threads. Callable from any thread.
  virtual void after(Duration delay, std::function<void()> task) = 0;
};

}  // namespace gelombang::sandbox
