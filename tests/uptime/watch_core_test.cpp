#include "uptime/watch_core.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

MonitorTiming monitor(const std::string& name, Duration interval = 30s) {
  MonitorTiming timing;
  timing.name = name;
  timing.host = "portal.example";
  timing.interval = interval;
  return timing;
}

// A watch on a fake clock. Each monitor starts without history.
class Watch {
 public:
  explicit Watch(std::vector<MonitorTiming> monitors, MaintenanceCalendar maintenance = {}, std::size_t most = 100)
      : core("jakarta-1", monitors, std::move(maintenance), most,
             {[this](const UnplayedSlots& gone) {
                for (Slot slot = gone.slots.first; slot <= gone.slots.last; ++slot) {
                  unplayed.emplace_back(kSlotOutcomeNames[static_cast<std::size_t>(gone.slots.outcome)]);
                }
              },
              [this](std::size_t number, const MonitorState::Change& change) {
                changes.push_back(fmt::format("{} {}", number, kHealthNames[static_cast<std::size_t>(change.to)]));
              },
              nullptr}) {
    for (std::size_t i = 0; i < monitors.size(); ++i) core.start(i, std::nullopt, reading());
  }

  [[nodiscard]] ClockReading reading() const { return ClockReading::of(clock); }
  std::vector<VisitOrder> look() { return core.look(reading()); }
  // Advances until a visit is due, for an hour at most.
  std::vector<VisitOrder> next() {
    const auto end = clock.now() + 1h;
    while (clock.now() < end) {
      clock.advance(std::max<Duration>(core.until_next(reading()), 1ms));
      if (auto orders = look(); !orders.empty()) return orders;
    }
    return {};
  }
  void end(const VisitOrder& order, VisitResult result, Duration took = 1s) {
    const auto started = clock.wall_now();
    clock.advance(took);
    core.visit_ended(order, {started, clock.wall_now(), result, order.follow_up}, reading());
  }

  test::FakeClock clock;
  std::vector<std::string> unplayed;
  std::vector<std::string> changes;
  WatchCore core;
};

}  // namespace

TEST_CASE("watch: a slot whose predecessor is still under way is an overlap") {
  Watch watch({monitor("login")});
  const auto first = watch.next();
  REQUIRE(first.size() == 1);
  watch.clock.advance(watch.core.until_next(watch.reading()));
  CHECK(watch.look().empty());
  CHECK(watch.unplayed == std::vector<std::string>{"overlap"});
  watch.end(first[0], VisitResult::success);
  CHECK(watch.next().size() == 1);
}

TEST_CASE("watch: visits of one monitor overlap where that is allowed") {
  auto timing = monitor("login");
  timing.max_in_flight = 2;
  Watch watch({timing});
  CHECK(watch.next().size() == 1);
  CHECK(watch.next().size() == 1);
  watch.clock.advance(watch.core.until_next(watch.reading()));
  CHECK(watch.look().empty());
  CHECK(watch.unplayed == std::vector<std::string>{"overlap"});
}

TEST_CASE("watch: more visits than this process plays at once are an overload") {
  Watch watch({monitor("a"), monitor("b")}, {}, 1);
  CHECK(watch.next().size() == 1);
  watch.clock.advance(watch.core.until_next(watch.reading()));
  CHECK(watch.look().empty());
  CHECK(watch.unplayed == std::vector<std::string>{"overload"});
}

TEST_CASE("watch: a paused monitor's slots end as paused") {
  Watch watch({monitor("login")});
  watch.core.pause(0, true);
  watch.clock.advance(watch.core.until_next(watch.reading()));
  CHECK(watch.look().empty());
  CHECK(watch.unplayed == std::vector<std::string>{"paused"});
  watch.core.pause(0, false);
  CHECK(watch.next().size() == 1);
}

TEST_CASE("watch: a failure is followed up, and the answer ends the follow-ups") {
  Watch watch({monitor("login", 10min)});
  auto order = watch.next();
  watch.end(order.at(0), VisitResult::success);
  order = watch.next();
  watch.end(order.at(0), VisitResult::failure);
  const auto failed_at = watch.clock.now();
  order = watch.next();
  CHECK(order.at(0).follow_up);
  CHECK_FALSE(order.at(0).slot);
  CHECK(watch.clock.now() - failed_at == 5s);
  watch.end(order.at(0), VisitResult::failure);
  CHECK(watch.changes == std::vector<std::string>{"0 up", "0 down"});
  watch.end(watch.next().at(0), VisitResult::success);
  watch.end(watch.next().at(0), VisitResult::success);
  CHECK(watch.changes.back() == "0 up");
  order = watch.next();
  CHECK(order.at(0).slot);
  CHECK_FALSE(order.at(0).follow_up);
}

TEST_CASE("watch: of two monitors of one host, one is followed up at a time") {
  Watch watch({monitor("a", 10min), monitor("b", 10min)});
  std::vector<VisitOrder> orders;
  while (orders.size() < 2) {
    for (const auto& order : watch.next()) orders.push_back(order);
  }
  for (const auto& order : orders) watch.end(order, VisitResult::failure, 1ms);
  watch.clock.advance(20s);
  const auto first = watch.look();
  REQUIRE(first.size() == 1);
  CHECK(watch.look().empty());
  watch.end(first[0], VisitResult::failure);
  const auto second = watch.look();
  REQUIRE(second.size() == 1);
  CHECK(second[0].monitor != first[0].monitor);
}

TEST_CASE("watch: in maintenance probes go on and are marked, unless the monitor says otherwise") {
  const auto* const zone = find_zone("Asia/Jakarta").value();
  const MaintenanceCalendar always(*zone, {parse_maintenance("day 00:00", 24h, *zone).value()});
  auto silent = monitor("silent");
  silent.probe_in_maintenance = false;
  Watch watch({monitor("login"), silent}, always);
  for (int i = 0; i < 4; ++i) {
    const auto orders = watch.next();
    REQUIRE(orders.size() == 1);
    CHECK(orders[0].monitor == 0);
    CHECK(orders[0].in_maintenance);
    watch.end(orders[0], VisitResult::failure, 1ms);
  }
  CHECK_FALSE(watch.unplayed.empty());
  for (const auto& outcome : watch.unplayed) CHECK(outcome == "paused");
}

TEST_CASE("watch: the state returns from visits before the restart, without an event") {
  Watch watch({monitor("login")});
  const auto visit = [&](Duration ago, VisitResult result) {
    const auto started = watch.clock.wall_now() - ago;
    watch.core.remember(0, {started, started + 1s, result, false}, watch.reading());
  };
  visit(90s, VisitResult::success);
  visit(60s, VisitResult::failure);
  visit(30s, VisitResult::failure);
  CHECK(watch.changes.empty());
  CHECK(watch.core.state(0).health() == Health::down);
  watch.look();
  CHECK(watch.changes.empty());
}

TEST_CASE("watch: a state from long ago is unknown after the restart") {
  Watch watch({monitor("login")});
  const auto started = watch.clock.wall_now() - 1h;
  watch.core.remember(0, {started, started + 1s, VisitResult::success, false}, watch.reading());
  watch.look();
  CHECK(watch.changes == std::vector<std::string>{"0 unknown"});
}
