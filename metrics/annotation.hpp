// Something that happened during a run and that explains its figures: said in the summary, drawn into charts.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <string>
#include <string_view>

namespace gelombang {

// What annotations are about, as metrics count them.
inline constexpr std::array<std::string_view, 3> kAnnotationKinds{"control", "history", "stop"};

struct Annotation {
  WallTime at{};
  Duration offset{};  // since the schedule's start
  std::string kind;   // of kAnnotationKinds
  std::string text;   // one line for people, free of secrets
};

}  // namespace gelombang
