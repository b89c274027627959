#include "uptime/monitor_state.hpp"

#include "tests/support/catch.hpp"

#include <chrono>
#include <string>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

// Visits start every 30 seconds and take one second. Times are seconds since the first visit.
class Monitored {
 public:
  explicit Monitored(DownRule rule = {}) : state(rule, 30s) {}

  // One letter for each visit: s, d, f, a are the first letters of the results. Capitals are follow-ups.
  std::string play(const std::string& results) {
    std::string changes;
    for (const char c : results) {
      const char lower = static_cast<char>(c | 0x20);
      const auto result = lower == 's'   ? VisitResult::success
                          : lower == 'd' ? VisitResult::degraded
                          : lower == 'f' ? VisitResult::failure
                                         : VisitResult::aborted;
      const Visit visit{WallTime(now), WallTime(now + 1s), result, lower != c};
      note(state.add(visit, TimePoint(now + 1s)), changes);
      now += 30s;
    }
    return changes;
  }
  std::string wait(Duration time) {
    std::string changes;
    now += time;
    note(state.look(TimePoint(now), WallTime(now)), changes);
    return changes;
  }

  MonitorState state;
  Duration now{};

 private:
  static void note(const std::optional<MonitorState::Change>& change, std::string& changes) {
    if (!change) return;
    if (!changes.empty()) changes += ", ";
    changes += kHealthNames[static_cast<std::size_t>(change->to)];
  }
};

Duration since_start(WallTime at) { return at.time_since_epoch(); }

}  // namespace

TEST_CASE("state: two failures in a row are down, two successes in a row are up") {
  Monitored monitor;
  CHECK(monitor.play("ss") == "up");
  CHECK(monitor.play("f") == "");
  CHECK(monitor.play("s") == "");
  CHECK(monitor.play("ff") == "down");
  CHECK(monitor.play("sfs") == "");
  CHECK(monitor.play("s") == "up");
}

TEST_CASE("state: an incident has bounds that hold its true begin and end") {
  Monitored monitor;
  monitor.play("ssffffss");
  const auto incident = monitor.state.incident();
  REQUIRE(incident);
  CHECK(since_start(incident->began.after.value()) == 30s);  // the last good visit began
  CHECK(since_start(incident->began.by) == 61s);             // the first failed one ended
  REQUIRE(incident->ended);
  CHECK(since_start(incident->ended->after.value()) == 150s);
  CHECK(since_start(incident->ended->by) == 181s);
  CHECK_FALSE(monitor.state.incident_open());
}

TEST_CASE("state: follow-ups decide sooner") {
  Monitored monitor;
  CHECK(monitor.play("sfF") == "up, down");
  CHECK(monitor.play("SS") == "up");
}

TEST_CASE("state: an aborted visit says nothing of the target") {
  Monitored monitor;
  CHECK(monitor.play("sfaaf") == "up, down");
  CHECK(monitor.play("sas") == "up");
  Monitored blind;
  CHECK(blind.play("aaaa") == "");
  CHECK(blind.state.health() == Health::unknown);
}

TEST_CASE("state: a slow target is degraded at once, and is no incident") {
  Monitored monitor;
  CHECK(monitor.play("sdds") == "up, degraded, up");
  CHECK_FALSE(monitor.state.incident());
  CHECK(monitor.play("ffdd") == "down, degraded");
}

TEST_CASE("state: without evidence for three intervals it is unknown, and an open incident stays open") {
  Monitored monitor;
  monitor.play("ss");
  CHECK(monitor.wait(60s) == "");
  CHECK(monitor.wait(5s) == "unknown");
  CHECK(monitor.play("s") == "up");
  monitor.play("ff");
  CHECK(monitor.wait(1h) == "unknown");
  CHECK(monitor.state.incident_open());
  CHECK(monitor.play("s") == "");  // one success proves nothing yet
  CHECK(monitor.play("f") == "down");
  CHECK(monitor.play("ss") == "up");
  // The incident ended within the hour, and nobody saw when.
  CHECK_FALSE(monitor.state.incident_open());
}

TEST_CASE("state: one sick back end of several is found by two of the last five slots") {
  Monitored monitor({2, 5});
  CHECK(monitor.play("ssfSSsf") == "up, down");
  const auto incident = monitor.state.incident();
  REQUIRE(incident);
  CHECK(since_start(incident->began.after.value()) == 30s);
  CHECK(since_start(incident->began.by) == 61s);
  // Follow-ups reach healthy back ends: alone they do not end the incident.
  CHECK(monitor.play("SSSS") == "");
  CHECK(monitor.play("ss") == "");   // two of five slots have failed
  CHECK(monitor.play("s") == "up");  // the f of slot 3 has left the five slots
}

TEST_CASE("state: a target that was never seen good has an incident without a lower bound") {
  Monitored monitor;
  CHECK(monitor.play("ff") == "down");
  CHECK_FALSE(monitor.state.incident()->began.after);
}

TEST_CASE("state: a wall clock that was set back does not turn bounds around") {
  MonitorState state({}, 30s);
  const auto at = [](Duration wall) { return WallTime(wall); };
  state.add({at(1000s), at(1001s), VisitResult::success, false}, TimePoint(1s));
  state.add({at(100s), at(101s), VisitResult::failure, false}, TimePoint(31s));
  state.add({at(130s), at(131s), VisitResult::failure, false}, TimePoint(61s));
  REQUIRE(state.incident());
  CHECK(state.incident()->began.after.value() <= state.incident()->began.by);
}
