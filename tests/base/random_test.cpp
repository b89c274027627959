#include "base/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <set>

using namespace gelombang;

TEST_CASE("random: a stream is a function of seed, purpose and index", "[unit]") {
  RandomStream a(7, RandomPurpose::think, 3);
  RandomStream b(7, RandomPurpose::think, 3);
  for (int i = 0; i < 100; ++i) CHECK(a.next() == b.next());
  std::set<std::uint64_t> firsts;
  for (std::uint64_t index = 0; index < 1000; ++index) {
    firsts.insert(RandomStream(7, RandomPurpose::think, index).next());
    firsts.insert(RandomStream(7, RandomPurpose::person, index).next());
    firsts.insert(RandomStream(8, RandomPurpose::think, index).next());
  }
  CHECK(firsts.size() == 3000);
}

TEST_CASE("random: moments of the distributions are right", "[unit]") {
  RandomStream random(1, RandomPurpose::script, 0);
  constexpr int kDraws = 200000;
  double exponential = 0;
  double normal = 0;
  double normal_squared = 0;
  int below_p5 = 0;
  int above_p95 = 0;
  for (int i = 0; i < kDraws; ++i) {
    exponential += random.exponential();
    const double z = random.normal();
    normal += z;
    normal_squared += z * z;
    const double think = random.log_normal_between(2, 8);
    below_p5 += think < 2;
    above_p95 += think > 8;
  }
  CHECK(exponential / kDraws == Approx(1).margin(0.01));
  CHECK(normal / kDraws == Approx(0).margin(0.01));
  CHECK(normal_squared / kDraws == Approx(1).margin(0.02));
  CHECK(double(below_p5) / kDraws == Approx(0.05).margin(0.003));
  CHECK(double(above_p95) / kDraws == Approx(0.05).margin(0.003));
}

TEST_CASE("random: below() reaches every value and no other", "[unit]") {
  RandomStream random(1, RandomPurpose::script, 1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  CHECK(seen.size() == 7);
  CHECK(*seen.rbegin() == 6);
}
