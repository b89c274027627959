// How many people are there at once when the target fails and they try again and again: a person who waits for the
// next try holds a virtual user.
#pragma once

#include "base/clock.hpp"
#include "engine/load/load.hpp"
#include "engine/scenario/scenario.hpp"

#include <cstdint>

namespace gelombang {

// The mean, at the worst moment of the load, of an outage that lasts as long as the load: every page is refused at
// once, or hangs until patience ends, whichever keeps more people. Whoever ends a row of tries still takes a pass, so
// that an outage that ended earlier keeps no more. Open loads, all segments together. `pass`: where the journey does
// not say.
double people_in_outage(const Scenario& scenario, const Load& load, std::uint64_t seed, Duration pass);

// Whether anybody tries a second time.
bool tries_again(const Scenario& scenario) noexcept;

}  // namespace gelombang
