// An event of a run that explains its figures. The summary lists it, charts draw it.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <string>
#include <string_view>

namespace gelombang {

// The kinds of annotations. Metrics count annotations by kind.
inline constexpr std::array<std::string_view, 3> kAnnotationKinds{"control", "history", "stop"};

struct Annotation {
  WallTime at{};
  Duration offset{};  // since the schedule's start
  std::string kind;   // one of kAnnotationKinds
  std::string text;   // one line for people, without secrets
};

}  // namespace gelombang
