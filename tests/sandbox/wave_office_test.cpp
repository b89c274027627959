#include "sandbox/wave_office.hpp"

#include "sandbox/seeding.hpp"
#include "tests/sandbox/database_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace std::chrono_literals;

namespace {

struct Fixture : test::DatabaseFixture {
  WaveOffice office{*database, clock};

  Fixture() { REQUIRE(office.load()); }
  void people(std::uint64_t count, bool ready = true) {
    Seeding seeding;
    seeding.count = count;
    seeding.ready = ready;
    seeding.mail_domain = "peserta.test";
    REQUIRE(seed_accounts(*database, clock, seeding).value() == count);
  }
  JoinOutcome join(std::int64_t account) {
    JoinOutcome outcome{};
    database->write_now([&](DbConnection& c) { outcome = join_wave(c, account, clock.wall_now()); });
    return outcome;
  }
  WaveState state() { return office.latest()->state; }
};

}  // namespace

TEST_CASE("wave office: without a wave nobody joins, and the current answer says so") {
  Fixture f;
  f.people(1);
  REQUIRE(f.join(1) == JoinOutcome::no_open_wave);
  REQUIRE(f.office.current_json()->find("Gelombang tidak ditemukan") != std::string::npos);
  REQUIRE_FALSE(f.office.close({}));
}

TEST_CASE("wave office: closes at its hour, draws, and announces after the delay") {
  Fixture f;
  f.people(10);
  REQUIRE(f.office.open({13, 4, 60s, 20s}));
  REQUIRE_FALSE(f.office.open({14, 4, {}, 0s}));
  for (std::int64_t account = 1; account <= 9; ++account) REQUIRE(f.join(account) == JoinOutcome::joined);
  REQUIRE(f.join(9) == JoinOutcome::already_joined);
  f.clock.advance(60s);
  // From the closing hour on nobody can join, even before the office has noticed it.
  REQUIRE(f.join(10) == JoinOutcome::no_open_wave);
  f.office.tick();
  REQUIRE(f.state() == WaveState::processing);
  REQUIRE(f.number("SELECT count(*) FROM joins WHERE selected IS NULL") == 9);
  f.clock.advance(10s);
  f.office.tick();
  REQUIRE(f.state() == WaveState::evaluating);
  f.clock.advance(10s);
  f.office.tick();
  REQUIRE(f.state() == WaveState::announced);
  REQUIRE(f.number("SELECT sum(selected) FROM joins") == 4);
  REQUIRE(f.number("SELECT length(draw_seed) FROM waves") == 32);
}

TEST_CASE("wave office: closing at once announces at once, and winners do not join again, losers may") {
  Fixture f;
  f.people(3);
  REQUIRE(f.office.open({13, 1, {}, 0s}));
  for (std::int64_t account = 1; account <= 3; ++account) f.join(account);
  REQUIRE(f.office.close({}));
  REQUIRE(f.state() == WaveState::announced);
  REQUIRE(f.office.open({14, 1, {}, 0s}));
  int winners = 0;
  for (std::int64_t account = 1; account <= 3; ++account) {
    if (f.join(account) == JoinOutcome::already_selected) ++winners;
  }
  REQUIRE(winners == 1);
}

TEST_CASE("wave office: steps come first") {
  Fixture f;
  f.people(1, false);
  REQUIRE(f.office.open({13, 1, {}, 0s}));
  REQUIRE(f.join(1) == JoinOutcome::steps_missing);
  REQUIRE(f.join(99) == JoinOutcome::steps_missing);
}

TEST_CASE("wave office: a restart finds the wave as it was") {
  Fixture f;
  REQUIRE(f.office.open({17, 3, 60s, 20s}));
  WaveOffice restarted(*f.database, f.clock);
  REQUIRE(restarted.load());
  REQUIRE(restarted.latest()->number == 17);
  REQUIRE(*restarted.current_json() == *f.office.current_json());
  f.clock.advance(60s);
  restarted.tick();
  f.clock.advance(20s);
  restarted.tick();
  REQUIRE(restarted.latest()->state == WaveState::announced);
}

TEST_CASE("seeding: is repeatable, and a second run adds nobody twice") {
  Fixture f;
  f.people(2500, false);
  Seeding again;
  again.count = 3000;
  again.mail_domain = "peserta.test";
  REQUIRE(seed_accounts(*f.database, f.clock, again).value() == 500);
  REQUIRE(f.number("SELECT count(*) FROM accounts WHERE verified_at IS NOT NULL") == 3000);
  REQUIRE(f.number("SELECT count(*) FROM accounts WHERE nik IS NOT NULL") == 0);
}

TEST_CASE("database: a failed job is undone alone, and the others of its transaction stay") {
  test::DatabaseFixture f;
  const auto insert = [](DbConnection& c, const char* email) {
    Query(c, "INSERT INTO accounts (email, name, created_at) VALUES (?, 'x', 0)", email).run();
  };
  std::vector<DbOutcome> outcomes(3);
  // One long job keeps the writer busy, so that the next three wait together.
  std::atomic<bool> go{false};
  f.database->write([&](DbConnection&) { go.wait(false); }, [](DbOutcome) {});
  f.database->write([&](DbConnection& c) { insert(c, "a@x.test"); }, [&](DbOutcome o) { outcomes[0] = o; });
  f.database->write(
      [&](DbConnection& c) {
        insert(c, "b@x.test");
        insert(c, "a@x.test");
      },
      [&](DbOutcome o) { outcomes[1] = o; });
  f.database->write([&](DbConnection& c) { insert(c, "c@x.test"); }, [&](DbOutcome o) { outcomes[2] = o; });
  go = true;
  go.notify_all();
  f.database->write_now([](DbConnection&) {});
  REQUIRE(outcomes == std::vector<DbOutcome>{DbOutcome::ok, DbOutcome::failed, DbOutcome::ok});
  REQUIRE(f.number("SELECT count(*) FROM accounts") == 2);
}

TEST_CASE("database: a file of another program is refused and left alone") {
  test::TemporaryDirectory directory;
  {
    SQLite::Database(directory.file("other"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  }
  test::FakeClock clock;
  test::FakeTimers timers(clock);
  ConnectionPool pool(clock, timers);
  REQUIRE_FALSE(Database::open(directory.file("other"), pool));
}
