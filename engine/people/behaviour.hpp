// How people behave towards a slow or failing portal: their patience, their tries, their pauses. A Behaviour is what
// the script declared; PersonTraits are what one person drew from it, and depend only on (seed, arrival).
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "metrics/catalog.hpp"
#include "metrics/error_class.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// A log-normal distribution: half of the values lie below the median, nine in ten below p90.
struct Spread {
  double median = 1;
  double p90 = 1;  // >= median
  // exp(mu + sigma z) with mu = ln(median) and sigma = ln(p90 / median) / 1.2816, z standard normal.
  [[nodiscard]] double draw(RandomStream& random) const noexcept;
};

struct TimeRange {
  Duration least{};
  Duration most{};
  [[nodiscard]] Duration draw(RandomStream& random) const noexcept;  // uniform
};

struct Behaviour {
  enum class Again : std::uint8_t { step, journey };
  struct Pause {
    double share = 0;
    TimeRange length;
  };

  std::string name;
  std::optional<Spread> patience;  // seconds, for each page; none: endless
  double reload = 0;               // share who press reload when patience ends
  std::uint32_t burst_least = 1;   // tries in a row
  std::uint32_t burst_most = 1;
  TimeRange gap;                   // between tries in a row
  std::vector<Pause> pauses;       // after a burst; the people outside all shares do not come back
  std::optional<Spread> attempts;  // tries at one step before giving up; none: no limit
  double double_submit = 0;        // share of POSTs that are sent twice
  Again again = Again::step;       // where a try begins
};

// What a person does after a failure.
struct NextTry {
  enum class Kind : std::uint8_t { none, soon, after_pause };  // none: gives up
  Kind kind = Kind::none;
  Duration wait{};
};

class PersonTraits {
 public:
  // Without a behaviour: endless patience, no second try.
  PersonTraits() : PersonTraits(nullptr, 0, 0) {}
  // `behaviour` must outlive the traits.
  PersonTraits(const Behaviour* behaviour, std::uint64_t seed, std::uint64_t index);

  // For the next page; nullopt: endless.
  std::optional<Duration> patience();
  // How long after the next POST the person presses again, if there is no answer yet; nullopt: never.
  std::optional<Duration> second_press();
  // After a failed attempt at a step.
  NextTry after_failure(StepId step, ErrorClass error);
  void succeeded(StepId step) noexcept;
  // A value in [0, 1), always the same for the same name. It decides whether the person belongs to a share.
  [[nodiscard]] double trait(std::string_view name) const noexcept;
  [[nodiscard]] const Behaviour* behaviour() const noexcept { return behaviour_; }

 private:
  [[nodiscard]] NextTry pause();
  void begin_burst();

  const Behaviour* behaviour_;
  std::uint64_t seed_;
  std::uint64_t index_;
  // Separate streams, so that one draw does not depend on how many others came before.
  RandomStream patience_;
  RandomStream reloads_;
  RandomStream retries_;
  RandomStream presses_;
  std::uint64_t attempts_most_ = 1;  // at one step
  std::optional<StepId> failing_;    // the step that failed and has not succeeded since
  std::uint64_t attempts_ = 0;       // at that step
  std::uint32_t burst_ = 1;          // length of the current burst, in tries
  std::uint32_t burst_tries_ = 0;    // tries in the current burst so far
};

// Whether trying again can help: yes after failures of the target and lost patience, no if a mail did not come.
bool worth_another_try(ErrorClass error) noexcept;

}  // namespace gelombang
