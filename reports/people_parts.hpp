// The people and their outcomes, in parts that add up: the same in the summary's text, its JSON and the page.
#pragma once

#include "metrics/people.hpp"
#include "reports/summary.hpp"

#include <cstdint>
#include <string>

namespace gelombang {

struct PeopleParts {
  std::uint64_t came = 0;
  std::uint64_t got_through = 0;      // finished their journey
  std::uint64_t left_by_choice = 0;   // leave() in the script
  std::uint64_t gave_up = 0;          // after a failure of the target
  std::uint64_t would_come_back = 0;  // after the load's end
  std::uint64_t cut_off = 0;          // by the end of the run, or by a limit of ours that left a visit unjudged
  std::uint64_t own_faults = 0;       // spoilt by the generator, the mailbox or the script
  std::uint64_t under_way = 0;        // in a run that goes on or was killed: no known end
};

// Over all journeys.
PeopleParts people_parts(const Summary& summary);

// "1,363 came: 1,041 got through, 154 left by choice, 102 gave up, 64 would come back, 2 were cut off". Leaves out
// parts that are 0, except those who got through.
std::string people_parts_text(const PeopleParts& parts);

}  // namespace gelombang
