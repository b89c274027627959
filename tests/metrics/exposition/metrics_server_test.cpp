#include "metrics/exposition/metrics_server.hpp"

#include "metrics/exposition/exposition.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <prometheus/metric_family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <list>
#include <sstream>
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

// 10 MB, more than a socket's buffers hold.
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

// The text from the name of the series to the end of the line.
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

// A connection whose bytes the test sends and reads itself.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  // The next bytes. Empty at the end of the connection.
  [[nodiscard]] std::string read_some() const {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  [[nodiscard]] std::string read_all() const {
    std::string text;
    for (std::string part = read_some(); !part.empty(); part = read_some()) text += part;
    return text;
  }
  // Whether the server has neither sent anything nor closed the connection.
  [[nodiscard]] bool open() const {
    char c = 0;
    return ::recv(fd_, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
  }

 private:
  int fd_;
};

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
  promtool.wait();
  // promtool's only finding, one for each series: the metric has the label "le" because it has the boundaries of a
  // histogram.
  std::istringstream findings(promtool.standard_output() + promtool.standard_error());
  for (std::string finding; std::getline(findings, finding);) {
    CHECK(finding == "gelombang_steps_under_way non-histogram metrics should not have \"le\" label");
  }
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
                           "::1:9780", "[::1", "127.0.0.1:80,127.0.0.1:81", "127.0.0.1:-1", "[127.0.0.1]:9780"}) {
    CAPTURE(text);
    const auto server = MetricsServer::open(text, exposition, clock);
    REQUIRE(server.has_error());
    CHECK(server.error().message.find("expected ADDRESS:PORT such as") != std::string::npos);
  }
}

TEST_CASE("metrics server: stopped right after a scrape began, it still answers whole", "[integration]") {
  const SystemClock clock;
  auto server = MetricsServer::open("127.0.0.1:0", std::make_shared<LongText>(), clock).value();
  ChildProcess curl({"curl", "-sS", "--noproxy", "*", "--limit-rate", "20M", "--max-time", "10", server->url()});
  while (server->scrapes() == 0) std::this_thread::yield();
  server.reset();
  CHECK(curl.wait() == 0);  // 18 if the response is cut off
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

TEST_CASE("metrics server: it answers to addresses, localhost, this machine's name and those it is given, to no other",
          "[integration]") {
  const ExampleRun run(true);
  const SystemClock clock;
  const auto server =
      MetricsServer::open("127.0.0.1:0", exposition_of(run), clock, ServedNames::with({"load1.example.test"}).value())
          .value();
  server->serve("/", [](const PageRequest&) -> PageAnswer { return {200, "text/plain", "page", {}}; });
  const auto status = [&](const std::string& path, const std::string& version, const std::string& hosts) {
    Client client(server->port());
    client.send("GET " + path + " HTTP/" + version + "\r\n" + hosts + "\r\n");
    return client.read_all().substr(0, 12);
  };
  for (const char* path : {"/", "/metrics"}) {
    CAPTURE(path);
    CHECK(status(path, "1.1", "Host: load1.example.test:9780\r\n") == "HTTP/1.1 200");
    CHECK(status(path, "1.1", "Host: 127.0.0.1:9780\r\n") == "HTTP/1.1 200");
    CHECK(status(path, "1.0", "") == "HTTP/1.1 200");  // no browser sends such a request
    CHECK(status(path, "1.1", "Host: rebound.test:9780\r\n") == "HTTP/1.1 403");
    CHECK(status(path, "1.0", "Host: rebound.test\r\n") == "HTTP/1.1 403");
    CHECK(status(path, "1.1", "") == "HTTP/1.1 400");
    CHECK(status(path, "1.1", "Host: localhost\r\nHost: rebound.test\r\n") == "HTTP/1.1 400");
    CHECK(status(std::string("http://rebound.test") + path, "1.1", "Host: localhost\r\n") == "HTTP/1.1 400");
  }
  CHECK(status("/api/other", "1.1", "Host: rebound.test\r\n") == "HTTP/1.1 403");
}

TEST_CASE("served names: what cannot be lent by a name server") {
  std::array<char, 256> own{};
  REQUIRE(::gethostname(own.data(), own.size() - 1) == 0);
  const ServedNames names = ServedNames::with({"Load1.Example.Test", "portal."}).value();
  for (const std::string& host :
       {std::string("127.0.0.1:9780"), std::string("127.0.0.1"), std::string("192.0.2.1:80"), std::string("[::1]:9780"),
        std::string("[2001:db8::1]"), std::string("localhost:9780"), std::string("LOCALHOST"),
        std::string("localhost."), std::string(own.data()), std::string(own.data()) + ":9780",
        std::string("load1.example.test:1"), std::string("PORTAL"), std::string("portal.:80")}) {
    CAPTURE(host);
    CHECK(names.serve(host));
  }
  for (const char* host : {"",
                           ":9780",
                           "rebound.test:9780",
                           "localhost.rebound.test",
                           "127.0.0.1.rebound.test",
                           "127.1",
                           "0x7f.0.0.1",
                           "2130706433",
                           "127.0.0.1:80:80",
                           "127.0.0.1:x",
                           "127.0.0.1:123456",
                           "[::1",
                           "[::1]x",
                           "[127.0.0.1]",
                           "::1",
                           "[rebound.test]",
                           "a.localhost",
                           "localhost:80@rebound.test",
                           "localhost rebound.test",
                           "example.test",
                           "x.load1.example.test",
                           "localhost.."}) {
    CAPTURE(host);
    CHECK_FALSE(names.serve(host));
  }
  CHECK_FALSE(names.serve(std::string_view("127.0.0.1\0.rebound.test", 23)));
  CHECK_FALSE(names.serve(std::string_view("[::1\0.rebound.test]", 19)));
  for (const char* name : {"", ".", "a:80", "http://a", "a b", "*", "[::1]", "a/b"}) {
    CAPTURE(name);
    CHECK(ServedNames::with({name}).error().message.find("': expected a host's name without a port") !=
          std::string::npos);
  }
}

TEST_CASE("metrics server: clients that say nothing, half a request or read nothing delay no scrape", "[integration]") {
  const SystemClock clock;
  const ExampleRun run(true);
  const auto server = MetricsServer::open("127.0.0.1:0", exposition_of(run), clock).value();
  server->serve("/long", [](const PageRequest&) -> PageAnswer {
    return {200, "text/plain", std::string(10'000'000, 'x'), {}};
  });
  std::list<Client> silent;
  std::list<Client> halves;
  std::list<Client> readers;
  for (int i = 0; i < 30; ++i) {
    silent.emplace_back(server->port());
    halves.emplace_back(server->port()).send("GET /metrics HTTP/1.1\r\nHost: loc");
    if (i % 3 == 0) readers.emplace_back(server->port()).send("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(scrape(server->url()).find("gelombang_iterations_started_total") != std::string::npos);
  // The scrape succeeded before the server closed any of these connections.
  for (const Client& client : silent) CHECK(client.open());
  for (const Client& client : halves) CHECK(client.open());
  for (Client& client : readers) CHECK(client.read_some().starts_with("HTTP/1.1 200"));
  // Beyond the maximum, new connections replace the oldest ones.
  for (std::size_t i = 0; i < 2 * PageServer::kMostConnections; ++i) silent.emplace_back(server->port());
  CHECK(scrape(server->url()).find("gelombang_iterations_started_total") != std::string::npos);
  CHECK(silent.front().read_all().empty());
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
