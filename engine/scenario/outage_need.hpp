// How many virtual users are busy at once when the target fails and people try again and again. A person who waits for
// the next try keeps a virtual user busy.
#pragma once

#include "base/clock.hpp"
#include "engine/load/load.hpp"
#include "engine/scenario/scenario.hpp"

#include <cstdint>

namespace gelombang {

// The mean number of users at the worst moment of the load, in an outage that lasts as long as the load. Every page is
// refused at once, or hangs until patience ends: the case with more people counts. After the last try a person still
// takes a pass, so that a shorter outage never keeps more people. For open loads, all segments together. `pass`: the
// length of a pass if the journey does not say it.
double people_in_outage(const Scenario& scenario, const Load& load, std::uint64_t seed, Duration pass);

// Whether anybody tries a second time.
bool tries_again(const Scenario& scenario) noexcept;

}  // namespace gelombang
