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
  bool same_schedule = true;        // second by second they were asked for the same
};
Likeness likeness_of(const RunRecord& before, const RunRecord& after);

// Whether it was played to its end, as far as the schedule goes.
bool played_out(const RunRecord& run);
// One clause of a run that was not, such as "was cut off: its process was ended from outside"; empty for others.
std::string cut_short_text(const RunRecord& run);

}  // namespace gelombang
