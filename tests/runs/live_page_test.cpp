#include "runs/live_page.hpp"

#include "metrics/exposition/metrics_server.hpp"
#include "metrics/recorder.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <string>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

class NoMetrics final : public prometheus::Collectable {
 public:
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override { return {}; }
};

struct Served {
  Served() {
    server = MetricsServer::open("127.0.0.1:0", std::make_shared<NoMetrics>(), clock).value();
    page.emplace(*server, example.layout, 18'446'744'073'709'551'615ULL, R"({"command":["gelombang","run","a b.lua"]})",
                 clock);
  }
  void second(std::uint64_t busy = 1) {
    Recorder worker(example.layout);
    worker.iteration_started(0, 1ms);
    const Snapshot delta = worker.take();
    page->add({at, at + 1s, 2, {busy, 0, 0, 0}, ValidityState::valid, 0, delta});
    at += 1s;
  }
  void show(ReportDocument::State state = ReportDocument::State::running) {
    page->show(state, summary_json(example.summary()));
  }
  [[nodiscard]] std::string get(const std::string& path, const std::string& option = "-i") const {
    ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--max-time", "10", option, server->url(path)});
    REQUIRE(curl.wait() == 0);
    return curl.standard_output();
  }
  [[nodiscard]] boost::json::value run(const std::string& query = "") const {
    return boost::json::parse(get("/api/run" + query, "-s"));
  }

  FakeClock clock;
  ExampleRun example{true};
  std::unique_ptr<MetricsServer> server;
  std::optional<LivePage> page;
  Duration at{};
};

std::size_t points(const boost::json::value& document) {
  return document.at("series").at("points").at("end_seconds").as_array().size();
}

}  // namespace

TEST_CASE("live page: its document is that of the run so far, with the seed and the command to run it again",
          "[integration]") {
  Served live;
  live.second();
  live.second();
  live.page->annotate({WallTime{}, 1s, "control", "half the rate"});
  live.show();
  const auto document = live.run();
  CHECK(document.at("state") == "running");
  CHECK(document.at("seed") == "18446744073709551615");
  CHECK(document.at("command") == "gelombang run 'a b.lua'");
  CHECK(document.at("annotations").as_array()[0].at("text") == "half the rate");
  CHECK(document.at("summary").at("schema") == "gelombang.summary/1");
  CHECK(points(document) == 2);
}

TEST_CASE("live page: how much fails now is said beside what failed so far", "[integration]") {
  Served live;
  live.second();
  RecentFigures recent;
  recent.error_rate = 1;
  recent.response_time_p95 = Estimate{9s, true};
  live.page->show(ReportDocument::State::running, summary_json(live.example.summary()), {}, recent);
  const auto now = live.run().at("recent");
  CHECK(now.at("seconds") == 10);
  CHECK(now.at("error_rate") == 1);
  CHECK(now.at("response_time_p95_seconds") == 9);
  CHECK(now.at("p95_lower_bound") == true);
  live.show(ReportDocument::State::finished);
  CHECK(live.run().at("recent").is_null());
}

TEST_CASE("live page: only the points that are new are sent, unless neighbours were merged meanwhile",
          "[integration]") {
  Served live;
  for (int i = 0; i < 300; ++i) live.second();
  live.show();
  CHECK(points(live.run()) == 300);
  const auto tail = live.run("?generation=0&first=299");
  CHECK(points(tail) == 1);
  CHECK(tail.at("series").at("first") == 299);
  live.second();
  const auto merged = live.run("?generation=0&first=299");
  CHECK(merged.at("series").at("generation") == 1);
  CHECK(merged.at("series").at("first") == 0);
  CHECK(points(merged) == 151);
  for (const char* odd :
       {"?generation=1&first=x", "?first=3", "?generation=1&first=-1", "?&&=&generation", "?generation=1"}) {
    CAPTURE(odd);
    CHECK(points(live.run(odd)) == 151);
  }
  CHECK(points(live.run("?generation=1&first=99999")) == 0);
}

TEST_CASE("live page: a summary is made for those who look, and what is old is not shown as if it were new",
          "[integration]") {
  Served live;
  live.second();
  CHECK_FALSE(live.page->followed());
  CHECK_FALSE(live.run().as_object().contains("summary"));  // nobody had asked for the summary
  CHECK(live.page->followed());
  live.show();
  CHECK_FALSE(live.page->seen());
  CHECK(live.run().as_object().contains("summary"));
  CHECK(live.page->seen());
  live.clock.advance(LivePage::kPatience + 1s);
  CHECK_FALSE(live.page->followed());
  CHECK_FALSE(live.run().as_object().contains("summary"));
  // The final state stays.
  live.show(ReportDocument::State::finished);
  live.clock.advance(1h);
  CHECK(live.run().at("state") == "finished");
}

TEST_CASE("live page: may do nothing but what is in it, and is only read", "[integration]") {
  Served live;
  const std::string page = live.get("/");
  if (page.find("HTTP/1.1 404") == 0) {
    CHECK(page.find("./dev web") != std::string::npos);  // built without the page
    return;
  }
  CHECK(page.find("Content-Security-Policy: default-src 'none'; script-src 'sha256-") != std::string::npos);
  CHECK(page.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(page.find("X-Content-Type-Options: nosniff") != std::string::npos);
  CHECK(page.find("id=\"data\"></script>") != std::string::npos);
  for (const char* path : {"/", "/api/run"}) {
    ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--max-time", "10", "-i", "-d", "x", live.server->url(path)});
    REQUIRE(curl.wait() == 0);
    CHECK(curl.standard_output().find("HTTP/1.1 405") == 0);
  }
}
