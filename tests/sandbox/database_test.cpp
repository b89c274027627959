#include "sandbox/database.hpp"

#include "tests/sandbox/database_fixture.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <memory>

using namespace gelombang;
using sandbox::DbConnection;
using sandbox::DbOutcome;

TEST_CASE("database: when it has stopped, nothing that it was given is under way, nor is anything taken", "[unit]") {
  test::DatabaseFixture f;
  // After the stop, the object that jobs and callbacks refer to may be destroyed.
  auto portal = std::make_unique<std::atomic<int>>(0);
  constexpr int kJobs = 400;
  for (int i = 0; i < kJobs; ++i) {
    const auto job = [&portal](DbConnection& c) {
      c.execute("SELECT count(*) FROM accounts");
      ++*portal;
    };
    const auto done = [&portal](DbOutcome outcome) { *portal += outcome == DbOutcome::ok ? 1 : 2; };
    i % 2 == 0 ? f.database->read(job, done) : f.database->write(job, done);
  }
  f.database->stop();
  CHECK(*portal == 2 * kJobs);
  portal.reset();
  DbOutcome outcome = DbOutcome::ok;
  f.database->write([](DbConnection&) { FAIL("a job after the end"); }, [&outcome](DbOutcome o) { outcome = o; });
  CHECK(outcome == DbOutcome::no_connection);
  CHECK(f.database->waiting() == 0);
  f.database->stop();
}
