// Whether two runs may be compared: what they were asked to do, and what came between.
#pragma once

#include "metrics/history/reader.hpp"

#include <string>
#include <vector>

namespace gelombang {

struct Likeness {
  // One clause each, such as "the loads differ: '20/s' and '40/s'".
  std::vector<std::string> unlike;  // the figures mean different things
  std::vector<std::string> notes;   // worth knowing
  bool same_schedule = true;        // both were asked for the same load, second by second
};
Likeness likeness_of(const RunRecord& before, const RunRecord& after);

// Whether the run was played to the end of its schedule.
bool played_out(const RunRecord& run);
// One clause about a run that was not, such as "was cut off: its process was ended from outside"; empty for others.
std::string cut_short_text(const RunRecord& run);

}  // namespace gelombang
