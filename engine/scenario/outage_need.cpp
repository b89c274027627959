#include "engine/scenario/outage_need.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace gelombang {
namespace {

constexpr std::uint64_t kPeople = 1000;  // a sample that stands for all people
constexpr std::size_t kMostTries = 100;  // a person who tries more often counts as staying
constexpr int kMoments = 64;             // looked at, evenly over the load
constexpr Duration kEndless = std::chrono::hours(24 * 3650);

enum class Outage : std::uint8_t { refuses, hangs };

// One try and what follows it. All times are ages: the time since the person came.
struct Try {
  Duration begins{};
  Duration fails{};
  Duration next{};  // the next try begins; after the last try: the person leaves
  bool last = false;
};

using Stay = std::vector<Try>;

// All tries of one person. A failure at the first step stands for a failure at any step.
Stay stay_of(PersonTraits traits, Outage outage, Duration pass) {
  Stay stay;
  Duration age{};
  while (age < kEndless && stay.size() < kMostTries) {
    const Duration begins = age;
    if (outage == Outage::hangs) age += std::min(kEndless, traits.patience().value_or(Duration::zero()));
    const NextTry next =
        traits.after_failure(0, outage == Outage::hangs ? ErrorClass::abandoned : ErrorClass::tcp_refused);
    if (next.kind == NextTry::Kind::none) {
      stay.push_back({begins, age, age + pass, true});
      return stay;
    }
    stay.push_back({begins, age, age + std::min(kEndless, next.wait), false});
    age = stay.back().next;
  }
  stay.push_back({age, age, kEndless, true});
  return stay;
}

class Crowd {
 public:
  Crowd(const Scenario& scenario, const Load& load, std::uint64_t seed, Outage outage, Duration pass) : load_(load) {
    for (std::uint64_t i = 0; i < kPeople; ++i) {
      const JourneyId journey = scenario.journey_of(seed, i);
      const Duration lasts = scenario.journeys[journey].lasts;
      passes_.push_back(lasts == Duration::zero() ? pass : lasts);
      stays_.push_back(stay_of(PersonTraits(scenario.behaviour_of(journey), seed, i), outage, passes_.back()));
    }
  }

  // How many people are there at that moment.
  [[nodiscard]] double at(Duration moment) const {
    double total = 0;
    for (std::size_t i = 0; i < stays_.size(); ++i) {
      for (const Try& one : stays_[i]) {
        if (one.begins >= moment) break;
        total += present(one, passes_[i], moment);
      }
    }
    return total / static_cast<double>(stays_.size());
  }

 private:
  // How many people came between those moments.
  [[nodiscard]] double came(Duration from, Duration to) const {
    return to > from ? load_.intensity.integral(to) - load_.intensity.integral(from) : 0;
  }
  [[nodiscard]] double present(const Try& one, Duration pass, Duration moment) const {
    if (one.last) return came(moment - one.next, moment - one.begins);
    // A person who would try again after the end of the load leaves instead.
    const Duration stays_before = load_.length() - one.next;
    const Duration failed = moment - one.fails;
    const Duration leaves = moment - std::min(one.next, one.fails + pass);
    return came(failed, moment - one.begins) + came(moment - one.next, std::min(failed, stays_before)) +
           came(std::max(leaves, stays_before), failed);
  }

  const Load& load_;
  std::vector<Stay> stays_;
  std::vector<Duration> passes_;
};

// Spread evenly, and at doubling distances after the peak of the rate.
std::vector<Duration> moments_of(const Load& load) {
  std::vector<Duration> moments;
  for (int i = 1; i <= kMoments; ++i) moments.push_back(load.length() / kMoments * i);
  const Duration peak = load.intensity.peak_at();
  for (Duration after = std::chrono::seconds(1); peak + after < load.length(); after *= 2) {
    moments.push_back(peak + after);
  }
  return moments;
}

}  // namespace

bool tries_again(const Scenario& scenario) noexcept {
  return std::any_of(scenario.journeys.begin(), scenario.journeys.end(), [](const Journey& journey) {
    return journey.behaviour && (journey.behaviour->burst_most > 1 || !journey.behaviour->pauses.empty());
  });
}

double people_in_outage(const Scenario& scenario, const Load& load, std::uint64_t seed, Duration pass) {
  double most = 0;
  for (const Outage outage : {Outage::refuses, Outage::hangs}) {
    const Crowd crowd(scenario, load, seed, outage, pass);
    for (const Duration moment : moments_of(load)) most = std::max(most, crowd.at(moment));
  }
  return most;
}

}  // namespace gelombang
