#include "runs/live_control.hpp"

#include "app/control_keys.hpp"
#include "base/json_writer.hpp"
#include "runs/prepared_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/http_harness.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

// A run that starts on a clock an hour ahead of the machine's, so that its workers never start a visit.
struct IdleRun {
  explicit IdleRun(const std::string& load = "stages { { '1m', '10/s' }, { '1m', '40/s' }, { '1m', '5/s' } }") {
    test::write_file(directory.file("scenario.lua"),
                     "local one = step 'one'\nreturn scenario { journeys = { visit = { run = function() one(function() "
                     "end) end } }, loads = { l = " +
                         load + " } }");
    RunRequest options;
    options.scenario = directory.file("scenario.lua");
    options.target = "http://127.0.0.1:1";
    options.threads = 1;
    options.seed = 1;
    prepared.emplace(prepare_run(options).value());
    run = std::move(
        LoadRun::prepare(prepared->plan, prepared->scenario, prepared->layout, clock, guard, nullptr, *prepared->photos)
            .value());
    clock.advance(SystemClock().now() - clock.now() + 1h);
    run->start(clock.now());
    control.emplace(
        *run, clock,
        LiveControl::Hooks{[this] { ++stops; }, [this](const std::string& text) { annotations.push_back(text); }});
  }
  ~IdleRun() {
    run->interrupt(clock.now());
    run->join();
  }
  boost::json::value state() const { return boost::json::parse(control->state_json()); }

  test::TemporaryDirectory directory;
  test::FakeClock clock;
  test::ScriptedGuard guard;
  std::optional<PreparedRun> prepared;
  std::unique_ptr<LoadRun> run;
  std::optional<LiveControl> control;
  std::vector<std::string> annotations;
  int stops = 0;
};

std::string problem(const Result<std::string>& result) { return result.has_error() ? result.error().message : "none"; }
std::string problem_of(std::string_view json) {
  const auto request = parse_steering_request(json);
  return request.has_error() ? request.error().message : "none";
}

}  // namespace

TEST_CASE("steering request: what is asked is read, and nothing else") {
  CHECK(parse_steering_request(R"({"action": "pause"})").value().action == SteeringRequest::Action::pause);
  CHECK(parse_steering_request(R"({"action": "stop"})").value().action == SteeringRequest::Action::stop);
  CHECK(parse_steering_request(R"({"action": "rate", "factor": 2})").value().factor == 2);
  CHECK(parse_steering_request(R"({"to": "closing", "action": "jump"})").value().to == "closing");

  const std::string expected = ": expected an object such as {\"action\": \"rate\", \"factor\": 1.5}";
  CHECK(problem_of("") == "this is not JSON" + expected);
  CHECK(problem_of("[]") == "this is not a JSON object" + expected);
  CHECK(problem_of("{}") == "the action is missing" + expected);
  CHECK(problem_of(R"({"action": "faster"})") == "unknown action 'faster': expected pause, resume, rate, jump or stop");
  CHECK(problem_of(R"({"action": "rate"})") == "rate: factor is missing: expected a number such as 1.5");
  CHECK(problem_of(R"({"action": "rate", "factor": "2"})") == "rate: factor is missing: expected a number such as 1.5");
  CHECK(problem_of(R"({"action": "jump", "to": 5})") ==
        "jump: to is missing: expected a phase or a time such as \"5m\"");
  CHECK(problem_of(R"({"action": "pause", "factor": 2})") == "pause does not take 'factor'");
  CHECK(problem_of(std::string(10000, '[')).starts_with("this is not JSON"));
  // The quoted text is one line and is cut between two characters.
  CHECK(problem_of("{\"action\": \"" + std::string(39, 'a') + "\u00e9\"}")
            .starts_with("unknown action '" + std::string(39, 'a') + "?'"));
  CHECK(problem_of(R"({"action": "pause", "a\nb": 2})") == "pause does not take 'a?b'");
}

TEST_CASE("steering request: the seeds of the fuzz target are an action, or refused in one line") {
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/steering")) {
    INFO(file.path());
    const std::string problem = problem_of(test::read_file(file.path().string()));
    CHECK(printable(problem) == problem);
  }
}

TEST_CASE("live control: every change is done from then on, said, and an annotation") {
  IdleRun idle;
  idle.clock.advance(30s - LoadRun::kSteeringLead);
  CHECK(idle.control->apply({SteeringRequest::Action::rate, 2, {}}, "http").value() == "rate x 2 from 30.0 s");
  idle.clock.advance(10s);
  CHECK(idle.control->apply({SteeringRequest::Action::pause, 1, {}}, "key").value() == "paused at 40.0 s");
  CHECK(idle.run->arrivals_end() == TimePoint::max());
  CHECK(idle.control->deviation() == "paused, rate x 2");
  idle.clock.advance(100s);
  CHECK(idle.control->apply({SteeringRequest::Action::resume, 1, {}}, "key").value() == "resumed at 40.0 s");
  idle.clock.advance(10s);
  CHECK(idle.control->apply({SteeringRequest::Action::jump, 1, "stage 3"}, "http").value() ==
        "jumped to 2m 00s (stage 3)");
  CHECK(idle.run->arrivals_end() - idle.clock.now() == 60s + LoadRun::kSteeringLead);
  CHECK(idle.control->apply({SteeringRequest::Action::stop, 1, {}}, "http").value() == "stopped");
  CHECK(idle.stops == 1);
  CHECK(problem(idle.control->apply({SteeringRequest::Action::pause, 1, {}}, "key")) == "the run is being stopped");

  REQUIRE(idle.annotations.size() == 5);
  CHECK(idle.annotations[0] == "rate x 2 from 30.0 s (by http)");
  CHECK(idle.annotations[1] == "paused at 40.0 s (by key)");
  CHECK(idle.annotations[4] == "stopped (by http)");
}

TEST_CASE("live control: its state says where the load is") {
  IdleRun idle;
  idle.clock.advance(70s);
  CHECK(idle.state().at("state").as_string() == "running");
  CHECK(idle.state().at("phase").as_string() == "stage 2");
  CHECK(idle.state().at("position_seconds").as_double() == 70);
  CHECK(idle.state().at("length_seconds").as_double() == 180);
  CHECK(idle.state().at("rate_asked").as_double() == 40);
  CHECK(idle.state().at("phases").as_array().size() == 3);
  REQUIRE(idle.control->toggle_pause("key").has_value());
  idle.clock.advance(5s);
  CHECK(idle.state().at("state").as_string() == "paused");
  CHECK(idle.state().at("rate_asked").as_double() == 0);
  REQUIRE(idle.control->toggle_pause("key").has_value());
  idle.clock.advance(1h);
  CHECK(idle.state().at("state").as_string() == "finishing");
}

TEST_CASE("live control: what cannot be done says why and changes nothing") {
  IdleRun idle;
  using Action = SteeringRequest::Action;
  CHECK(problem(idle.control->apply({Action::resume, 1, {}}, "http")) == "the load is not paused");
  CHECK(problem(idle.control->apply({Action::rate, 0, {}}, "http")) == "rate factor 0: expected 0.01 to 100");
  CHECK(problem(idle.control->apply({Action::rate, 101, {}}, "http")) == "rate factor 101: expected 0.01 to 100");
  CHECK(problem(idle.control->apply({Action::jump, 1, "3m"}, "http")) ==
        "cannot jump to this time: expected 0 or more, and less than 3m 00s");
  CHECK(problem(idle.control->apply({Action::jump, 1, "lunch"}, "http")) ==
        "'lunch' is not a phase or time of the load: expected stage 1, stage 2, stage 3 or a time such as 5m");
  CHECK(idle.annotations.empty());
  idle.clock.advance(3min);
  CHECK(problem(idle.control->apply({Action::pause, 1, {}}, "http")) == "the arrivals are over");

  IdleRun closed("constant_users { users = 3, duration = '1m' }");
  CHECK(problem(closed.control->apply({Action::pause, 1, {}}, "http")) ==
        "a closed load has no schedule to change: it can only be stopped");
  CHECK(closed.control->apply({Action::stop, 1, {}}, "http").has_value());
}

TEST_CASE("control keys: each does what the help says") {
  IdleRun idle;
  const auto press = [&](char key) { return ControlKeys::press(key, *idle.control); };
  CHECK(press('p').value() == "paused at 50.0 ms");
  CHECK(press(' ').value() == "resumed at 50.0 ms");
  for (int i = 0; i < 3; ++i) REQUIRE(press('+').has_value());
  CHECK(idle.run->timetable().factor() == Approx(1.953125));
  for (int i = 0; i < 3; ++i) REQUIRE(press('-').has_value());
  CHECK(idle.run->timetable().factor() == 1);
  for (int i = 0; i < 40; ++i) REQUIRE(press('-').has_value());
  CHECK(idle.run->timetable().factor() == LoadRun::kLeastFactor);
  CHECK(press('0').has_value());
  CHECK(idle.run->timetable().factor() == 1);
  CHECK(press('n').value() == "jumped to 60.0 s (stage 2)");
  idle.clock.advance(1s);
  CHECK(press('n').value() == "jumped to 2m 00s (stage 3)");
  idle.clock.advance(1s);
  CHECK(problem(press('n')) == "the load has no further phase with a name");
  CHECK(press('x').value() == ControlKeys::kHelp);
  CHECK(press('q').has_value());
  CHECK(idle.stops == 1);
}
