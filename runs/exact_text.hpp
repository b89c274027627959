// Values as they are written on a command line: short, and read back as the very same.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"

#include <string>

namespace gelombang {

std::string exact_text(Duration value);  // "2m", "250ms"
std::string exact_text(Rate value);      // "50/s", "100/h"
std::string exact_scale(double factor);  // "1/1000", "0.5"

}  // namespace gelombang
