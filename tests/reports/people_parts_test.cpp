// The parts into which all arrived people fall, and the sentence that names the parts.
#include "reports/people_parts.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <cstdint>
#include <utility>

using namespace gelombang;

namespace {

// In the order of PersonFate: succeeded, left, lost, away, interrupted, own_fault.
Summary::People journey(std::uint64_t arrived, const std::array<std::uint64_t, kPersonFateCount>& ended) {
  Summary::People people;
  people.arrived = arrived;
  people.ended = ended;
  return people;
}

std::string sentence(std::vector<Summary::People> journeys) {
  Summary summary;
  summary.people = std::move(journeys);
  return people_parts_text(people_parts(summary));
}

}  // namespace

TEST_CASE("people's parts: whoever came is in one of them, over all journeys") {
  CHECK(sentence({journey(599, {373, 100, 60, 64, 2, 0}), journey(764, {668, 54, 42, 0, 0, 0})}) ==
        "1,363 came: 1,041 got through, 154 left by choice, 102 gave up, 64 would come back, 2 were cut off");
}

TEST_CASE("people's parts: nobody who got through is said, other parts of nobody are not") {
  CHECK(sentence({journey(1156, {0, 0, 447, 709, 0, 0})}) ==
        "1,156 came: 0 got through, 447 gave up, 709 would come back");
  CHECK(sentence({journey(3, {3, 0, 0, 0, 0, 0})}) == "3 came: 3 got through");
  CHECK(sentence({}) == "0 came: 0 got through");
}

TEST_CASE("people's parts: of those without an end nothing is claimed, and one person is one") {
  CHECK(sentence({journey(55, {10, 0, 0, 0, 0, 0})}) == "55 came: 10 got through, 45 have no end known yet");
  CHECK(sentence({journey(1'234'567, {1'234'564, 0, 0, 0, 1, 1})}) ==
        "1,234,567 came: 1,234,564 got through, 1 was cut off, 1 failed by our own fault, 1 "
        "has no end known yet");
  // A snapshot of a run that goes on may have an end without its arrival. That must hide no person of another journey.
  CHECK(sentence({journey(1, {2, 0, 0, 0, 0, 0}), journey(3, {1, 0, 0, 0, 0, 0})}) ==
        "5 came: 3 got through, 2 have no end known yet");
}
