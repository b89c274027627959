// How many virtual users are busy at once when the target fails and people try again and again. A person who waits for
// the next try keeps a virtual user busy.
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
