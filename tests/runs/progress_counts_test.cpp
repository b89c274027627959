// Which warning the live display shows first.
#include "runs/progress_counts.hpp"

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

TEST_CASE("progress: whoever waits for too long counts among the failed steps") {
  Snapshot totals = with_script_errors(0);
  for (int i = 0; i < 30; ++i) totals.steps[0].steps.add(Outcome::success, ErrorClass::none);
  ProgressFigures figures;
  count_progress(with_script_errors(0), 0, figures);
  CHECK_FALSE(figures.error_rate);
  count_progress(totals, 0, figures);
  CHECK(figures.error_rate == 0.0);
  count_progress(totals, 10, figures);
  CHECK(figures.error_rate == Approx(0.25));
  CHECK(figures.overdue == 10);
}

TEST_CASE("progress: a target that died ten seconds ago shows beside the good hour before") {
  ProgressFigures figures;
  figures.error_rate = 0.0003;
  figures.recent_error_rate = 1;
  CHECK(progress_line(figures).find("step errors 100.00 % in the last 10 s (0.03 % so far)") != std::string::npos);
  const Terminal terminal(-1, false);
  std::string block;
  for (const std::string& row : block_rows(Progress(terminal).block(figures), {80, 24}, terminal)) block += row + "\n";
  INFO(block);
  CHECK(block.find("100.00 % of steps in the last 10 s") != std::string::npos);
  CHECK(block.find("0.03 % so far") != std::string::npos);
  figures.recent_error_rate.reset();
  CHECK(progress_line(figures).find("step errors - in the last 10 s (0.03 % so far)") != std::string::npos);
}
