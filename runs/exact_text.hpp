// Values as written on a command line: short, and reading the text gives exactly the same value.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"

#include <string>

namespace gelombang {

std::string exact_text(Duration value);  // "2m", "250ms"
std::string exact_text(Rate value);      // "50/s", "100/h"
std::string exact_scale(double factor);  // "1/1000", "0.5"

}  // namespace gelombang
