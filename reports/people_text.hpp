// The people's part of the text summary: the funnel, who was lost and why, and how much was tried.
#pragma once

#include "reports/summary.hpp"

#include <string>
#include <vector>

namespace gelombang {

// Without indentation; empty where nobody came.
std::vector<std::string> people_lines(const Summary& summary);

}  // namespace gelombang
