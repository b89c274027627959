// Something that happened during a run and that explains its figures: said in the summary, drawn into charts.
#pragma once

#include "base/clock.hpp"

#include <string>

namespace gelombang {

struct Annotation {
  WallTime at{};
  Duration offset{};  // since the schedule's start
  std::string kind;   // one word: what it is about, such as "history" or "control"
  std::string text;   // one line for people, free of secrets
};

}  // namespace gelombang
