// The values that people draw: patience, tries, pauses, shares.
#include "engine/people/behaviour.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

Behaviour eager() {
  Behaviour behaviour;
  behaviour.name = "eager";
  behaviour.patience = Spread{10, 30};
  behaviour.reload = 0.5;
  behaviour.burst_least = 2;
  behaviour.burst_most = 5;
  behaviour.gap = {5s, 30s};
  behaviour.pauses = {{0.6, {10min, 60min}}, {0.4, {6h, 18h}}};
  behaviour.attempts = Spread{4, 15};
  return behaviour;
}

// All tries of a person who fails until giving up.
std::vector<NextTry> all_tries(const Behaviour& behaviour, std::uint64_t index,
                               ErrorClass error = ErrorClass::http_503) {
  PersonTraits traits(&behaviour, 7, index);
  std::vector<NextTry> tries;
  do tries.push_back(traits.after_failure(0, error));
  while (tries.back().kind != NextTry::Kind::none && tries.size() < 10'000);
  return tries;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size()))];
}

}  // namespace

TEST_CASE("behaviour: a log-normal has the median and the 90th percentile that were asked for") {
  RandomStream random(1, RandomPurpose::behaviour, 0);
  std::vector<double> values;
  for (int i = 0; i < 40'000; ++i) values.push_back(Spread{4, 15}.draw(random));
  CHECK(quantile(values, 0.5) == Approx(4).epsilon(0.03));
  CHECK(quantile(values, 0.9) == Approx(15).epsilon(0.04));
  CHECK(quantile(values, 0.99) == Approx(44).epsilon(0.08));  // 4 exp(2.3263 ln(15/4) / 1.2816)
  CHECK(Spread{4, 4}.draw(random) == Approx(4));
}

TEST_CASE("behaviour: a person is a function of the seed and the arrival") {
  const Behaviour behaviour = eager();
  PersonTraits first(&behaviour, 7, 41);
  PersonTraits again(&behaviour, 7, 41);
  PersonTraits other(&behaviour, 7, 42);
  CHECK(first.trait("raw_photo") == again.trait("raw_photo"));
  CHECK(first.trait("raw_photo") != other.trait("raw_photo"));
  CHECK(first.trait("raw_photo") != first.trait("never_open_mail"));
  const auto patience = first.patience();
  CHECK(patience == again.patience());
  CHECK(patience != other.patience());
  // The number of draws of one kind does not change the draws of another kind.
  for (int i = 0; i < 5; ++i) (void)again.patience();
  (void)again.second_press();
  for (int i = 0; i < 4; ++i) {
    const NextTry one = first.after_failure(3, ErrorClass::http_503);
    const NextTry two = again.after_failure(3, ErrorClass::http_503);
    CHECK(one.kind == two.kind);
    CHECK(one.wait == two.wait);
  }
}

TEST_CASE("behaviour: tries come in bursts of the asked length, and then there is a pause") {
  Behaviour behaviour = eager();
  behaviour.attempts.reset();
  std::map<int, int> bursts;
  int soon_or_late = 0;
  for (std::uint64_t index = 0; index < 500; ++index) {
    PersonTraits traits(&behaviour, 7, index);
    int length = 1;
    for (int i = 0; i < 40; ++i) {
      const NextTry next = traits.after_failure(0, ErrorClass::http_503);
      REQUIRE(next.kind != NextTry::Kind::none);
      if (next.kind == NextTry::Kind::soon) {
        CHECK(next.wait >= 5s);
        CHECK(next.wait <= 30s);
        ++length;
        continue;
      }
      const bool within_the_hour = next.wait >= 10min && next.wait <= 60min;
      CHECK((within_the_hour || (next.wait >= 6h && next.wait <= 18h)));
      soon_or_late += within_the_hour ? 1 : -1;
      ++bursts[length];
      length = 1;
    }
  }
  CHECK(bursts.begin()->first == 2);
  CHECK(bursts.rbegin()->first == 5);
  int all = 0;
  for (const auto& [length, n] : bursts) all += n;
  for (const auto& [length, n] : bursts) CHECK(n > all / 5);  // each of the four lengths occurs about equally often
  CHECK(static_cast<double>(soon_or_late) / all == Approx(0.2).margin(0.05));
}

TEST_CASE("behaviour: the number of attempts before giving up is log-normal") {
  const Behaviour behaviour = eager();
  std::vector<double> attempts;
  for (std::uint64_t index = 0; index < 4000; ++index) {
    attempts.push_back(static_cast<double>(all_tries(behaviour, index).size()));
  }
  CHECK(quantile(attempts, 0.5) == Approx(4).margin(1));
  CHECK(quantile(attempts, 0.9) == Approx(15).margin(1.5));
  CHECK(*std::min_element(attempts.begin(), attempts.end()) == 1);
}

TEST_CASE("behaviour: when patience ends some reload at once, and the others are gone for a while") {
  Behaviour behaviour = eager();
  behaviour.attempts.reset();
  behaviour.burst_least = behaviour.burst_most = 1'000'000;
  PersonTraits traits(&behaviour, 7, 0);
  int reloads = 0;
  for (int i = 0; i < 4000; ++i) {
    const NextTry next = traits.after_failure(0, ErrorClass::abandoned);
    if (next.kind == NextTry::Kind::soon) {
      CHECK(next.wait == 0s);
      ++reloads;
    }
  }
  CHECK(reloads == Approx(2000).margin(150));
  behaviour.pauses.clear();
  behaviour.reload = 0;
  CHECK(all_tries(behaviour, 1, ErrorClass::abandoned).size() == 1);
}

TEST_CASE("behaviour: who is in no pause's share does not come back") {
  Behaviour behaviour = eager();
  behaviour.attempts.reset();
  behaviour.pauses = {{0.25, {1s, 2s}}};
  int gone = 0;
  for (std::uint64_t index = 0; index < 4000; ++index) {
    PersonTraits traits(&behaviour, 7, index);
    NextTry next;
    do next = traits.after_failure(0, ErrorClass::http_503);
    while (next.kind == NextTry::Kind::soon);
    if (next.kind == NextTry::Kind::none) ++gone;
  }
  CHECK(gone == Approx(3000).margin(120));
}

TEST_CASE("behaviour: trying again is for failures that it can help against") {
  const Behaviour behaviour = eager();
  for (const ErrorClass error :
       {ErrorClass::mail_missing, ErrorClass::mailbox_unreachable, ErrorClass::generator_descriptors,
        ErrorClass::generator_script, ErrorClass::consent}) {
    CHECK(all_tries(behaviour, 1, error).size() == 1);
  }
  for (const ErrorClass error : {ErrorClass::tcp_refused, ErrorClass::http_409, ErrorClass::assert_body,
                                 ErrorClass::abandoned, ErrorClass::wait_timeout}) {
    CHECK(worth_another_try(error));
  }
  PersonTraits without;
  CHECK(without.after_failure(0, ErrorClass::http_503).kind == NextTry::Kind::none);
  CHECK(!without.patience());
  CHECK(!without.second_press());
}

TEST_CASE("behaviour: getting through a step renews hope, and getting back to where one was does not") {
  Behaviour behaviour = eager();
  behaviour.attempts = Spread{3, 3};
  PersonTraits traits(&behaviour, 7, 0);
  CHECK(traits.after_failure(5, ErrorClass::http_503).kind != NextTry::Kind::none);
  traits.succeeded(4);  // the person works back to step 5
  CHECK(traits.after_failure(4, ErrorClass::http_503).kind != NextTry::Kind::none);
  traits.succeeded(4);
  CHECK(traits.after_failure(5, ErrorClass::http_503).kind == NextTry::Kind::none);
  traits.succeeded(5);
  CHECK(traits.after_failure(6, ErrorClass::http_503).kind != NextTry::Kind::none);
}

TEST_CASE("behaviour: the asked share of presses is doubled, within a moment") {
  Behaviour behaviour = eager();
  behaviour.double_submit = 0.2;
  PersonTraits traits(&behaviour, 7, 0);
  int doubled = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto after = traits.second_press();
    if (!after) continue;
    CHECK(*after > 100ms);
    CHECK(*after < 2s);
    ++doubled;
  }
  CHECK(doubled == Approx(1000).margin(120));
}

TEST_CASE("behaviour: a crowd that was kept out for 20 s asks for more than its arrivals when the portal is back") {
  // Twenty people a second on a simulated clock. A try outside the outage succeeds at once.
  Behaviour behaviour = eager();
  behaviour.patience.reset();
  behaviour.gap = {1s, 5s};
  behaviour.pauses = {{0.8, {20s, 60s}}};
  behaviour.attempts = Spread{12, 30};
  constexpr Duration kDown = 40s;
  constexpr Duration kUp = 60s;
  std::map<Duration, int> tries;  // by second
  for (std::uint64_t person = 0; person < 20 * 120; ++person) {
    PersonTraits traits(&behaviour, 7, person);
    Duration at = person * 50ms;
    NextTry next;
    do {
      ++tries[std::chrono::floor<std::chrono::seconds>(at)];
      if (at < kDown || at >= kUp) break;
      next = traits.after_failure(0, ErrorClass::tcp_refused);
      at += next.wait;
    } while (next.kind != NextTry::Kind::none);
  }
  const auto mean = [&tries](Duration from, Duration until) {
    int sum = 0;
    for (auto second = tries.lower_bound(from); second != tries.lower_bound(until); ++second) sum += second->second;
    return sum / to_seconds(until - from);
  };
  CHECK(mean(0s, kDown) == 20);
  CHECK(mean(kDown + 5s, kUp) > 40);
  CHECK(mean(kUp, kUp + 5s) > 30);
  CHECK(mean(kUp + 5s, kUp + 30s) > 22);            // people who paused come later
  CHECK(mean(110s, 119s) == Approx(20).margin(3));  // and at the end it is calm again
}
