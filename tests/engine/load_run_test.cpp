// Whole load runs of a few hundred milliseconds: workers that fail, and people that run out.
#include "engine/load_run.hpp"

#include "engine/people/photo_store.hpp"
#include "metrics/recorder.hpp"
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kVisit = R"(
local one = step "one"
return scenario { journeys = { visit = { steps = { one }, run = function()
  one(function() http.get("/") end)
end } } }
)";

// Makes a worker fail in the middle of its work, at its request number `fails_at`.
class FaultyGuard final : public SocketGuard {
 public:
  GuardVerdict may_connect(std::string_view, const RemoteAddress&) override { return {true, {}}; }
  GuardVerdict may_request(std::string_view, std::string_view) override {
    if (++asked == fails_at) throw std::bad_alloc();
    return {true, {}};
  }
  bool needs_preparation(std::string_view, std::string_view, std::uint16_t) override { return false; }
  void prepare(std::string, std::string, std::uint16_t, std::function<void()>) override {}

  std::atomic<int> asked{0};
  std::atomic<int> fails_at{-1};
};

class RunStage {
 public:
  // The first `answers` requests get a response, the others never. The workers do `first` before anything else.
  RunStage(const std::string& scenario, Load load, std::uint64_t threads, int answers = 0,
           const std::function<void()>& first = nullptr)
      : answers_(answers), server_([this](RawConnection& connection) {
          while (!connection.read_request().empty()) {
            if (++requests_ <= answers_) connection.send(http_answer("ok"));
          }
        }) {
    files_.settings.target = server_.url("");
    files_.write("rows.csv", "name\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    Scenario loaded = files_.must_load(scenario);
    RunPlan plan;
    plan.scenario_path = files_.path("scenario.lua");
    plan.settings = files_.settings;
    plan.load = std::move(load);
    plan.threads = threads;
    plan.max_users = 10'000;
    plan.max_connections = 10'000;
    plan.graceful_stop = 100ms;
    plan.catch_up = CatchUp::burst;
    const auto layout = make_layout(loaded.catalog);
    totals_ = std::make_unique<Snapshot>(layout);
    run_ = LoadRun::prepare(std::move(plan), std::move(loaded), layout, clock_, guard, nullptr, photos_).value();
    if (first) run_->post_to_workers(first);
    run_->start(clock_.now());
  }

  [[nodiscard]] LoadRun& run() { return *run_; }
  // Waits until `count` requests were sent and every response to them is recorded.
  void wait_for_requests(int count) {
    wait([this, count] {
      collect();
      const auto answered = static_cast<int>(step().requests[CountedResult::success]);
      return requests_ >= count && answered >= std::min(count, answers_);
    });
  }
  void wait_for_end() {
    wait([this] { return run_->tick(clock_.now()); });
    run_->join();
    collect();
  }
  void destroy() { run_.reset(); }
  [[nodiscard]] const JourneySnapshot& journey() const { return totals_->journeys[0]; }
  [[nodiscard]] const StepSnapshot& step() const { return totals_->steps[0]; }
  [[nodiscard]] std::uint64_t ended() const { return journey().decided() - journey().total_dropped(); }

  FaultyGuard guard;

 private:
  static void wait(const std::function<bool()>& holds) {
    for (int left = 6000; !holds(); --left) {
      if (left == 0) throw std::runtime_error("what the test waits for did not come");
      std::this_thread::sleep_for(10ms);
    }
  }

  void collect() {
    for (Recorder* recorder : run_->recorders()) totals_->merge(recorder->take());
  }

  SystemClock clock_;
  int answers_;
  std::atomic<int> requests_{0};
  RawServer server_;
  ScenarioFiles files_;
  PhotoStore photos_;
  std::unique_ptr<Snapshot> totals_;
  std::unique_ptr<LoadRun> run_;
};

[[noreturn]] void fail_worker() { throw std::runtime_error("the test has the worker fail"); }

}  // namespace

TEST_CASE("load run: a worker that fails ends the run, with what was measured and what was under way") {
  RunStage stage(kVisit, constant_rate_load(*parse_rate("200/s"), 1h, true), 2, 10);
  stage.wait_for_requests(40);
  stage.run().post_to_workers(&fail_worker);
  stage.wait_for_end();
  CHECK(stage.run().worker_failed());
  CHECK(stage.run().cut_short());
  CHECK(stage.step().requests[CountedResult::success] == 10);
  CHECK(stage.step().requests[CountedResult::interrupted] >= 30);
  CHECK(stage.step().requests.total() == stage.journey().started);
  CHECK(stage.ended() == stage.journey().started);
  CHECK(stage.run().users().active == 0);
}

TEST_CASE("load run: one worker of two fails in the middle of a request: the other ends as at a stop") {
  RunStage stage(kVisit, constant_rate_load(*parse_rate("200/s"), 1h, true), 2);
  stage.wait_for_requests(20);
  stage.guard.fails_at = stage.guard.asked + 5;
  stage.wait_for_end();
  CHECK(stage.run().worker_failed());
  CHECK(stage.step().requests[CountedResult::interrupted] >= 20);
  // The visit whose request met the fault is lost.
  CHECK(stage.ended() + 1 == stage.journey().started);
}

TEST_CASE("load run: a worker that fails once more while it gives up leaves its transfers under way") {
  RunStage stage(kVisit, constant_rate_load(*parse_rate("200/s"), 1h, true), 1);
  stage.wait_for_requests(20);
  stage.run().post_to_workers([&stage] {
    stage.run().post_to_workers(&fail_worker);
    fail_worker();
  });
  stage.wait_for_end();
  CHECK(stage.run().worker_failed());
  stage.destroy();  // frees the users of those transfers
}

TEST_CASE("load run: a closed load whose worker fails ends") {
  RunStage stage(kVisit, constant_users_load(20, 1h), 2);
  stage.wait_for_requests(20);
  stage.run().post_to_workers(&fail_worker);
  stage.wait_for_end();
  CHECK(stage.run().worker_failed());
  CHECK(stage.step().requests[CountedResult::interrupted] == 20);
}

TEST_CASE("load run: arrivals that are due when the people run out are dropped, not lost") {
  const std::string scenario = R"(
local one = step "one"
return scenario { journeys = { visit = { steps = { one }, people = feed.csv("rows.csv", { order = "queue" }),
  run = function(person) one(function() http.get("/") end) end } } }
)";
  // A backlog of at least 300 arrivals. At least 200 of them are late enough to count as a stall. The stall comes
  // before the first arrival: on a busy machine a later one would come when the feed has run dry.
  RunStage stage(scenario, constant_rate_load(*parse_rate("1000/s"), 1h, true), 1, 1000,
                 [] { std::this_thread::sleep_for(300ms); });
  stage.wait_for_end();
  CHECK(stage.run().feed_ran_dry());
  CHECK(stage.journey().started == 10);
  CHECK(stage.journey()[DropReason::generator_stall] >= 150);
  const auto idle = static_cast<std::size_t>(UserState::idle);
  CHECK(stage.run().users().by_state[idle] <= 11);  // no user was created for those arrivals
  CHECK(stage.run().users().active == 0);
}
