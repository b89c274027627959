// The result of a threshold, in words.
#pragma once

#include "metrics/thresholds/judge.hpp"

#include <string>

namespace gelombang {

// "812 ms", ">= 12.0 s", "1.20 %", "48.2/s", "1000", "no data (3 samples, 100 are needed)".
std::string judgement_text(const Threshold& threshold, const Judgement& judgement);
// A duration as far as it is known: "43.1 ms", ">= 12.0 s", "-" for none.
std::string estimate_text(const std::optional<Estimate>& estimate);

}  // namespace gelombang
