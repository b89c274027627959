// What the live display warns of first.
#include "app/progress_counts.hpp"

#include "tests/support/catch.hpp"

using namespace gelombang;

namespace {

Snapshot with_script_errors(std::uint64_t count) {
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  Snapshot snapshot(make_layout(catalog));
  snapshot.script_errors.count = count;
  return snapshot;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("progress: what fails the run stands before what only spoils it") {
  const Validity degraded{ValidityState::degraded, {"a", "b", "c", "d"}};
  CHECK(progress_warnings(with_script_errors(2), degraded, "gone") ==
        Lines{"2 script errors", "mailbox: gone", "a", "and 3 more"});
  const Validity invalid{ValidityState::invalid, {"a", "b"}};
  CHECK(progress_warnings(with_script_errors(1), invalid, "gone") ==
        Lines{"1 script errors", "a", "mailbox: gone", "b"});
}

TEST_CASE("progress: four lines are shown as they are, none where nothing is wrong") {
  const Validity degraded{ValidityState::degraded, {"a", "b", "c", "d"}};
  CHECK(progress_warnings(with_script_errors(0), degraded, "") == degraded.reasons);
  CHECK(progress_warnings(with_script_errors(0), {}, "").empty());
}
