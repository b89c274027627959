// People who retry: the summary equals the sandbox's counts, and a retry storm outlives the outage that caused it.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <csignal>
#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// The behaviour of lib.people with all times divided by 20.
const std::string kCrowd = R"lua(
local page = step "page"
local sign_in = step "sign in"
local crowd = behaviour {
  name = "crowd", patience = { median = "4s", p90 = "6s" }, reload = 0.7, burst = { 2, 5 }, gap = { 0.25, 1.5 },
  pauses = { { 0.8, 5, 20 }, { 0.2, "1h", "2h" } }, attempts = { median = 12, p90 = 30 }, double_submit = 0.5,
}
return scenario {
  people = feed.people { count = 1000 },
  journeys = { visit = { behaviour = crowd, run = function(person)
    page(function() http.get("/masuk") end)
    think(1, 3)
    sign_in(function() http.post("/api/sessions", { json = { email = person.email, password = person.password } }) end)
  end } },
  loads = { wave = constant_rate { rate = "20/s", duration = "45s" }, short = constant_rate { rate = "20/s", duration = "6s" } },
}
)lua";

std::string crowd_in(const TemporaryDirectory& directory) {
  std::string path = directory.file("crowd.lua");
  write_file(path, kCrowd);
  return path;
}

std::int64_t whole(const boost::json::value& value) { return value.as_int64(); }

// Sums that hold for every run, with or without an outage.
void check_sums(const boost::json::value& summary) {
  const auto& people = summary.at("people").at(0);
  std::int64_t ended = 0;
  for (const auto& fate : people.at("ended").as_object()) ended += whole(fate.value());
  CHECK(ended == whole(people.at("arrived")));
  const auto& arrivals = summary.at("arrivals");
  CHECK(whole(arrivals.at("started")) == whole(arrivals.at("planned")));
  CHECK(whole(arrivals.at("completed")) == whole(people.at("ended").at("succeeded")));
  CHECK(whole(arrivals.at("failed")) == whole(people.at("ended").at("lost")) + whole(people.at("ended").at("away")));
  for (const auto& row : summary.at("funnel").as_array()) {
    const auto& step = step_of(summary, "visit/" + std::string(row.at("step").as_string()));
    INFO(row);
    CHECK(whole(row.at("requests")) == whole(step.at("requests")));
    CHECK(whole(row.at("reached")) ==
          whole(row.at("succeeded")) + whole(row.at("lost")) + whole(row.at("away")) + whole(row.at("interrupted")));
    CHECK(whole(row.at("went_on")) + whole(row.at("own_faults")) == 0);
    // Every attempt ended in one way: finished, or cut off with the run.
    CHECK(whole(row.at("attempts")) == whole(step.at("count")) + whole(row.at("interrupted")));
    CHECK(whole(row.at("attempts")) - whole(row.at("retries")) == whole(row.at("reached")));
    CHECK(whole(row.at("requests")) == whole(row.at("attempts")) + whole(row.at("double_submits")));
    CHECK(whole(row.at("calm_requests")) == whole(row.at("reached")));
  }
  // Every person has one place: after the first step they reached the second step or ended between the two.
  const auto& page = summary.at("funnel").at(0);
  const auto& sign_in = summary.at("funnel").at(1);
  const auto after = [](const boost::json::value& row) {
    std::int64_t sum = 0;
    for (const auto& fate : row.at("after").as_object()) sum += whole(fate.value());
    return sum;
  };
  CHECK(whole(page.at("reached")) == whole(people.at("arrived")));
  CHECK(whole(page.at("succeeded")) == whole(sign_in.at("reached")) + after(page));
  CHECK(whole(sign_in.at("succeeded")) == whole(people.at("ended").at("succeeded")) + after(sign_in));
  for (const auto& fate : people.at("ended").as_object()) {
    if (fate.key() == "succeeded") continue;
    const std::string at(fate.key() == "own_fault" ? "own_faults" : fate.key());
    std::int64_t sum = whole(page.at("after").at(fate.key())) + whole(sign_in.at("after").at(fate.key()));
    if (at != "left") sum += whole(page.at(at)) + whole(sign_in.at(at));
    CHECK(sum == whole(fate.value()));
  }
}

// The requests that gelombang has sent so far, from its own metrics.
double sent(const std::string& metrics_url) {
  const std::string text = http_get(metrics_url);
  double sum = 0;
  for (std::size_t at = 0; (at = text.find("\ngelombang_requests_total{", at)) != std::string::npos; ++at) {
    sum += std::stod(text.substr(text.find("} ", at) + 2));
  }
  return sum;
}

double rate_over(const std::string& metrics_url, std::chrono::seconds time) {
  const double before = sent(metrics_url);
  std::this_thread::sleep_for(time);
  return (sent(metrics_url) - before) / static_cast<double>(time.count());
}

// A sandbox that a test can kill and start again, with the same port and data.
class Portal {
 public:
  Portal() { start(); }
  void start() {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{std::string(GELOMBANG_BINARY_DIR) + "/gelombang-sandbox", "--listen", address_,
                                 "--data", directory_.file("data"), "--mail", "maildir:" + directory_.file("mail"),
                                 "--accounts", "1000", "--hash-cost", "low"});
    process_->wait_for_output("ready: ", 60s);
  }
  void stop() {
    process_->signal(SIGKILL);
    process_->wait();
  }
  [[nodiscard]] std::string url() const { return "http://" + address_; }

 private:
  TemporaryDirectory directory_;
  std::string address_ = "127.0.0.1:" + std::to_string(free_port());
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace

TEST_CASE("people: with retries and double submits the summary still counts what the sandbox counts", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const auto run = start_scenario(crowd_in(directory), {"--target", sandbox.url(), "--load", "short", "--seed", "8"},
                                  directory.file("s.json"));
  run->wait_for_output("scenario crowd");
  std::this_thread::sleep_for(2s);
  sandbox.operate("freeze", R"({"ms": 1500})");  // shorter than the patience of every person: nothing is cut off
  run->wait(60s);
  INFO(run->standard_output() << run->standard_error());
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  check_sums(summary);
  const auto& sign_in = summary.at("funnel").at(1);
  CHECK(whole(sign_in.at("double_submits")) > 0);
  CHECK(whole(sign_in.at("requests")) == sandbox.answered("POST /api/sessions", 200));
  CHECK(whole(summary.at("funnel").at(0).at("requests")) == sandbox.answered("GET /masuk", 200));
}

TEST_CASE("people: who is cut off between two steps has a place, and the sums hold", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const RunResult run = run_scenario(
      crowd_in(directory), {"--target", sandbox.url(), "--load", "short", "--seed", "8", "--graceful-stop", "0s"});
  INFO(run.out << run.err);
  check_sums(run.summary);
  const auto& page = run.summary.at("funnel").at(0);
  CHECK(whole(page.at("after").at("interrupted")) > 0);  // they were thinking
  CHECK(whole(page.at("interrupted")) < whole(page.at("after").at("interrupted")));
}

TEST_CASE("people: a retry storm stays after the outage is over", "[integration][slow][statistics]") {
  TemporaryDirectory directory;
  Portal portal;
  const std::string metrics = "127.0.0.1:" + std::to_string(free_port());
  const auto run = start_scenario(crowd_in(directory),
                                  {"--target", portal.url(), "--load", "wave", "--seed", "9", "--metrics-listen",
                                   metrics, "--linger", "0s", "--graceful-stop", "20s"},
                                  directory.file("s.json"));
  run->wait_for_output("metrics ");
  const std::string metrics_url = "http://" + metrics + "/metrics";
  std::this_thread::sleep_for(4s);
  const double calm = rate_over(metrics_url, 4s);
  portal.stop();
  std::this_thread::sleep_for(20s);
  portal.start();
  const double after = rate_over(metrics_url, 5s);
  INFO("requests per second: calm " << calm << ", in the five seconds after the outage " << after);
  CHECK(calm == Approx(40).epsilon(0.35));  // 20 arrivals a second, two requests for each
  CHECK(after > 1.5 * calm);
  run->wait(60s);
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  check_sums(summary);
  const auto& people = summary.at("people").at(0);
  CHECK(number(people.at("retry_amplification")) > 1.5);
  const auto& page = summary.at("funnel").at(0);
  CHECK(number(page.at("attempts_per_success")) > 1.5);
  // Most people succeeded in the end, some of them only after the outage.
  CHECK(whole(people.at("ended").at("succeeded")) > whole(people.at("arrived")) / 2);
  CHECK(number(people.at("person_time_seconds").at("max")) > 10);
  CHECK(number(step_of(summary, "visit/page").at("response_time_seconds").at("p50")) < 1);
}
