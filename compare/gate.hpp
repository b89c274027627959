// How a comparison with conditions ends.
#pragma once

#include "compare/comparison.hpp"
#include "metrics/exit_reason.hpp"

namespace gelombang {

struct GateVerdict {
  int exit_code = 0;
  ExitReason reason;  // its text is empty where there is nothing to say
};

// The gravest of the conditions. A second run in which people did not get through passes none: its times are those of
// whoever did. `fail_unclear`: a condition that cannot be decided fails as well.
GateVerdict judge_gate(const RunComparison& comparison, bool fail_unclear);

}  // namespace gelombang
