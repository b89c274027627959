#include "metrics/metrics_server.hpp"

#include "metrics/exposition.hpp"
#include "tests/metrics/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<LoadExposition> exposition_of(const ExampleRun& run) {
  std::vector<std::string> expressions;
  for (const ThresholdResult& t : run.aggregator->thresholds()) expressions.push_back(t.threshold.expression);
  auto exposition = std::make_shared<LoadExposition>(
      LoadExposition::RunInfo{"20260301-0500-7f3a", "portal_mix.lua", "smoke", "0.1.0"}, run.layout, expressions);
  LiveFigures figures;
  figures.thresholds = threshold_states(run.aggregator->thresholds(), true);
  exposition->publish(run.aggregator->totals(), figures);
  return exposition;
}

// 10 MB, more than the buffers of a socket hold.
class LongText final : public prometheus::Collectable {
 public:
  static constexpr std::size_t kSeries = 2000;
  static constexpr std::size_t kLabelLength = 5000;
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family{"long_total", "help", prometheus::MetricType::Counter, {}};
    for (std::size_t i = 0; i < kSeries; ++i) {
      family.metric.emplace_back().label = {{"n", std::to_string(i) + std::string(kLabelLength, 'x')}};
    }
    return {family};
  }
};

// The text after the series' name, up to the end of its line.
std::string value_of(const std::string& text, const std::string& series) {
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return {};
  const std::size_t start = at + series.size() + 2;
  return text.substr(start, text.find('\n', start) - start);
}

std::string scrape(const std::string& url) {
  ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--max-time", "10", url});
  REQUIRE(curl.wait() == 0);
  return curl.standard_output();
}

}  // namespace

TEST_CASE("metrics server: what it serves passes promtool", "[integration]") {
  const ExampleRun run(false);
  const SystemClock clock;
  const auto server = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  const std::string text = scrape(server->url());
  CHECK(text.find("gelombang_iterations_started_total{journey=\"login\"} 201\n") != std::string::npos);
  CHECK(text.find("gelombang_threshold_state{threshold=\"all: error_rate < 1%\",state=\"fail\"} 1\n") !=
        std::string::npos);
  ChildProcess promtool({"promtool", "check", "metrics"}, {{}, {}, text});
  const int code = promtool.wait();
  CHECK(code == 0);
  CHECK(promtool.standard_output() + promtool.standard_error() == "");
}

TEST_CASE("metrics server: knows how often and when it was scraped", "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto server = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  CHECK(server->scrapes() == 0);
  CHECK_FALSE(server->last_scrape().has_value());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const TimePoint before = clock.now();
    scrape(server->url());
    CHECK(server->scrapes() == i);
    REQUIRE(server->last_scrape().has_value());
    CHECK(*server->last_scrape() >= before);
    CHECK(*server->last_scrape() <= clock.now());
  }
}

TEST_CASE("metrics server: a scrape shows what was published last", "[integration]") {
  const ExampleRun quiet(true);
  const SystemClock clock;
  auto exposition = exposition_of(quiet);
  const auto server = MetricsServer::open("127.0.0.1:0", exposition, clock).value();
  Snapshot doubled = quiet.aggregator->totals();
  doubled.merge(quiet.aggregator->totals());
  exposition->publish(std::move(doubled), {});
  CHECK(scrape(server->url()).find("gelombang_iterations_started_total{journey=\"login\"} 400\n") != std::string::npos);
}

TEST_CASE("metrics server: a taken port is an error that says so", "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto first = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const auto second = MetricsServer::open(address, exposition_of(run), clock);
  CHECK(second.error().message == "cannot serve metrics on " + address + ": Address already in use");
  CHECK(MetricsServer::open("192.0.2.1:9780", exposition_of(run), clock).error().message ==
        "cannot serve metrics on 192.0.2.1:9780: Cannot assign requested address");
}

TEST_CASE("metrics server: an address that is none is refused", "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto exposition = exposition_of(run);
  for (const char* text : {"", "9780", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:80s", "localhost:9780",
                           "::1:9780", "[::1", "127.0.0.1:80,127.0.0.1:81", "127.0.0.1:-1", "[::1]:9780"}) {
    CAPTURE(text);
    const auto server = MetricsServer::open(text, exposition, clock);
    REQUIRE(server.has_error());
    CHECK(server.error().message.find("expected an IPv4 ADDRESS:PORT") != std::string::npos);
  }
}

TEST_CASE("metrics server: stopped right after a scrape began, it still answers whole", "[integration]") {
  const SystemClock clock;
  auto server = MetricsServer::open("127.0.0.1:0", std::make_shared<LongText>(), clock).value();
  ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--limit-rate", "20M", "--max-time", "10", server->url()});
  while (server->scrapes() == 0) std::this_thread::yield();
  server.reset();
  CHECK(curl.wait() == 0);  // 18 when the answer is cut off
  CHECK(curl.standard_output().size() > LongText::kSeries * LongText::kLabelLength);
}

TEST_CASE("metrics server: beside the metrics it serves the pages it was given, and nothing else", "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto server = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  server->serve("/api/echo", [](const PageRequest& request) -> PageAnswer {
    if (request.body == "fault") throw std::runtime_error("broken");
    return {201,
            "text/plain",
            fmt::format("{} {} {} {} {}", request.method, request.path, request.authorization, request.body,
                        request.from_loopback),
            {{"X-Kind", "echo"}}};
  });
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  const auto ask = [&](const std::string& path, std::vector<std::string> options, const std::string& input = "") {
    std::vector<std::string> command{"curl", "-sS", "--noproxy",     "*",        "--max-time",
                                     "10",   "-w",  " %{http_code}", base + path};
    command.insert(command.end(), options.begin(), options.end());
    ChildProcess curl(command, {{}, {}, input});
    REQUIRE(curl.wait() == 0);
    return curl.standard_output();
  };
  CHECK(ask("/api/echo?x=1", {"-H", "Authorization: Bearer abc", "-d", "hello"}) ==
        "POST /api/echo Bearer abc hello true 201");
  CHECK(ask("/api/echo", {"-D", "-", "-o", "/dev/null"}).find("X-Kind: echo") != std::string::npos);
  CHECK(ask("/api/echo", {"-d", "fault"}) == "broken\n 500");
  CHECK(ask("/api/echo", {"--data-binary", "@-"}, std::string(MetricsServer::kMaxBody, 'x')).ends_with(" 201"));
  CHECK(ask("/api/echo", {"--data-binary", "@-"}, std::string(MetricsServer::kMaxBody + 1, 'x')).ends_with(" 413"));
  const std::string chunked = "Transfer-Encoding: chunked";
  CHECK(ask("/api/echo", {"-H", chunked, "-d", "in pieces"}) == "POST /api/echo  in pieces true 201");
  CHECK(ask("/api/echo", {"-H", chunked, "--data-binary", "@-"}, std::string(MetricsServer::kMaxBody + 1, 'x'))
            .ends_with(" 413"));
  CHECK(ask("/api/other", {}) == "not here\n 404");
  CHECK(ask("/../etc/passwd", {"--path-as-is"}).ends_with(" 404"));
  CHECK(ask("/metrics", {"-X", "DELETE"}).ends_with(" 405"));
  CHECK(server->scrapes() == 0);
}

TEST_CASE("metrics server: a page is not shown on this machine under a name of somebody else's", "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto server = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  server->serve("/", [](const PageRequest&) -> PageAnswer { return {200, "text/plain", "page", {}}; });
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  const auto ask = [&](const std::string& path, const std::string& host) {
    ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}",
                       "-H", "Host: " + host, base + path});
    REQUIRE(curl.wait() == 0);
    return curl.standard_output();
  };
  for (const char* host : {"127.0.0.1:9780", "127.0.0.1", "localhost:9780", "LOCALHOST", "[::1]:9780"}) {
    CAPTURE(host);
    CHECK(ask("/", host) == "200");
  }
  for (const char* host : {"rebound.test:9780", "rebound.test", "localhost.rebound.test", "127.0.0.1.rebound.test"}) {
    CAPTURE(host);
    CHECK(ask("/", host) == "403");
  }
  // A scraper may know this machine by any name.
  CHECK(ask("/metrics", "rebound.test:9780") == "200");
}

TEST_CASE("metrics server: scrapes while totals are published are never half of one and half of another",
          "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  auto exposition = exposition_of(run);
  const auto server = MetricsServer::open("127.0.0.1:0", exposition, clock).value();
  std::thread publisher([&] {
    Snapshot totals = run.aggregator->totals();
    for (int i = 0; i < 50; ++i) {
      totals.merge(run.aggregator->totals());
      exposition->publish(totals, {});
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string text = scrape(server->url());
    const std::string started = value_of(text, "gelombang_iterations_started_total{journey=\"login\"}");
    CHECK(started != "");
    CHECK(started == value_of(text, "gelombang_iterations_total{journey=\"login\",result=\"success\"}"));
  }
  publisher.join();
}
