// Plays recordings through the program: the gaps of sessions, a rate from a real Prometheus, and bad recordings.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>

using namespace gelombang::test;

namespace {

using Clock = std::chrono::steady_clock;

// A server that records each request line and its time.
class Notebook {
 public:
  Notebook()
      : server_(keep_alive([this](const std::string& request) {
          const std::lock_guard lock(mutex_);
          const std::string line = request.substr(0, request.find(" HTTP/"));
          seen_.emplace(line, std::chrono::duration<double>(Clock::now() - start_).count());
          return http_answer(line.starts_with("HEAD") ? "" : "hello");
        })) {}
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  std::multimap<std::string, double> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::multimap<std::string, double> seen_;  // seconds
  Clock::time_point start_ = Clock::now();
  RawServer server_;
};

std::string logged(int second, const std::string& client, const std::string& request) {
  return client + " - - [04/Mar/2021:12:00:0" + std::to_string(second) + " +0700] \"" + request +
         " HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.0\"\n";
}

// A Prometheus whose counter grows by 20 a second for ten minutes, and then by 50.
class RecordedPrometheus {
 public:
  RecordedPrometheus() : port_(free_port()) {
    std::string text = "# TYPE logins counter\n";
    double value = 0;
    for (int second = 0; second <= 1200; second += 15) {
      text += "logins_total{host=\"a\"} " + std::to_string(value) + " " + std::to_string(1614834000 + second) + "\n";
      value += 15 * (second < 600 ? 20 : 50);
    }
    write_file(directory_.file("logins.txt"), text + "# EOF\n");
    write_file(directory_.file("prometheus.yml"), "global: {}\n");
    ChildProcess import({"promtool", "tsdb", "create-blocks-from", "openmetrics", directory_.file("logins.txt"),
                         directory_.file("data")});
    REQUIRE(import.wait() == 0);
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"prometheus", "--config.file=" + directory_.file("prometheus.yml"),
                                 "--storage.tsdb.path=" + directory_.file("data"), "--storage.tsdb.retention.time=50y",
                                 "--web.listen-address=127.0.0.1:" + std::to_string(port_)});
    process_->wait_for_output("Server is ready to receive web requests", std::chrono::seconds(30));
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

// A scenario with one load. The load's recordings are in the same directory.
struct Scenario {
  explicit Scenario(const std::string& load) {
    write_file(path,
               "local a = step 'a'\nreturn scenario { journeys = { j = { run = function() a(function() "
               "http.get('/') end) end } }, loads = { l = " +
                   load + " } }\n");
  }
  TemporaryDirectory directory;
  std::string path = directory.file("scenario.lua");
};

std::string prometheus_load(const std::string& url, const std::string& query,
                            const std::string& to = "2021-03-04T12:18:00+07:00") {
  return "replay.prometheus { url = '" + url + "', query = '" + query +
         "', from = '2021-03-04T12:02:00+07:00', to = '" + to + "', step = '1m' }";
}

}  // namespace

TEST_CASE("replay: each visitor comes when it was recorded and keeps its own gaps, twice as fast at --speed 2",
          "[integration][alone][statistics]") {
  Notebook target;
  TemporaryDirectory directory;
  write_file(directory.file("access.log"), logged(0, "a", "GET /a1") + logged(1, "b", "GET /b1") +
                                               logged(2, "a", "POST /not-played") + logged(3, "b", "HEAD /b2") +
                                               "broken\n" + logged(4, "a", "GET /a2?token=secret") +
                                               logged(5, "b", "GET /b3"));
  const RunResult run = run_scenario(
      "replay.lua", {"--target", target.url(), "--set", "log=" + directory.file("access.log"), "--speed", "2"});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(run.summary.at("arrivals").at("planned").as_int64() == 2);
  CHECK(run.err.find("1 of 7 lines left out as broken; the first: " + directory.file("access.log") + ":5: ") !=
        std::string::npos);
  const auto seen = target.seen();
  REQUIRE(seen.size() == 5);
  REQUIRE(seen.count("GET /a1") == 1);
  const double start = seen.find("GET /a1")->second;
  const std::map<std::string, double> expected{{"GET /b1", 0.5}, {"HEAD /b2", 1.5}, {"GET /a2", 2}, {"GET /b3", 2.5}};
  for (const auto& [line, at] : expected) {
    INFO(line);
    REQUIRE(seen.count(line) == 1);
    CHECK(seen.find(line)->second - start == Approx(at).margin(0.25));
  }
}

TEST_CASE("replay: a rate is read from a real Prometheus, in check and in a run", "[integration]") {
  const RecordedPrometheus prometheus;
  const Scenario scenario(prometheus_load(prometheus.url(), "sum(rate(logins_total[2m]))"));
  // From 12:02 to 12:18: eight minutes at 20/s, two in which the mean over two minutes climbs, six at 50/s.
  const double total = 8 * 60 * 20 + 2 * 60 * 35 + 6 * 60 * 50;
  const RunResult check = run_program({"check", scenario.path, "--scale", "1/1000", "--fetch"});
  INFO(check.out << check.err);
  CHECK(check.exit_code == 0);
  const auto at = check.out.find("integral ");
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(check.out.substr(at + 9)) == Approx(total / 1000).epsilon(0.02));
  CHECK(check.out.find("replay for 16m 00s") != std::string::npos);

  Notebook target;
  const RunResult run = run_scenario(
      scenario.path, {"--target", target.url(), "--scale", "1/500", "--speed", "480", "--seed", "7", "--threads", "2"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 0);
  const auto& arrivals = run.summary.at("arrivals");
  CHECK(number(arrivals.at("expected")) == Approx(total / 500).epsilon(0.02));
  CHECK(arrivals.at("started").as_int64() == arrivals.at("planned").as_int64());
  CHECK(static_cast<std::int64_t>(target.seen().size()) == arrivals.at("started").as_int64());
}

TEST_CASE("replay: a Prometheus that has no such rate is one line and exit 104", "[integration]") {
  const RecordedPrometheus prometheus;
  const std::string dead = "http://127.0.0.1:" + std::to_string(free_port());
  const std::string in_line = prometheus.url() + "/: ";
  const std::vector<std::pair<std::string, std::string>> cases{
      {prometheus_load(prometheus.url(), "sum(rate(logins_total[2m])) * NaN"), in_line + "NaN at 2021-03-04T05:02:00Z"},
      {prometheus_load(prometheus.url(), "sum(rate(logins_total[2m])) / 0"), in_line + "+Inf at "},
      {prometheus_load(prometheus.url(), "sum(rate(nothing_total[2m]))"), in_line + "no data in that time"},
      {prometheus_load(prometheus.url(), "rate(logins_total[2m"), in_line + "the server says: "},
      {prometheus_load(prometheus.url(), "0 * sum(rate(logins_total[2m]))"), "the rate is 0 throughout"},
      {prometheus_load(prometheus.url(), "sum(rate(logins_total[2m]))", "2021-03-15T12:18:00+07:00"), "points from"},
      {prometheus_load(dead, "up"), dead + "/: no answer: "},
      {prometheus_load("http://127.0.0.1:1/x?y", "up"), "without a query"},
  };
  for (const auto& [load, words] : cases) {
    const Scenario scenario(load);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"check", scenario.path, "--fetch"},
          std::vector<std::string>{"run", scenario.path, "--target", "http://127.0.0.1:1"}}) {
      const RunResult run = run_program(command);
      INFO(words << "\n" << run.err);
      CHECK(run.exit_code == 104);
      CHECK(run.err.starts_with("gelombang: load 'l': "));
      CHECK(run.err.find(words) != std::string::npos);
      CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    }
  }
}

TEST_CASE("replay: check sends nothing, and whoever asks sends one query however many loads there are",
          "[integration]") {
  RawServer prometheus([](RawConnection& connection) {
    connection.read_head();
    connection.send(http_answer(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},)"
                                R"("values":[[1614834120,"3"],[1614835080,"5"]]}]}})"));
  });
  std::string loads = prometheus_load(prometheus.url(), "up");
  for (int i = 0; i < 300; ++i)
    loads += ", l" + std::to_string(i) + " = " + prometheus_load(prometheus.url(), "up + " + std::to_string(i));
  const Scenario scenario(loads);
  const RunResult check = run_program({"check", scenario.path, "--load", "l"});
  INFO(check.out << check.err);
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("load l7: replay from Prometheus, unknown until `run` queries it\n") != std::string::npos);
  CHECK(check.out.ends_with("\nIt is not known whether the load fits: use --fetch. Nothing was sent.\n"));
  CHECK(prometheus.accepted() == 0);

  const RunResult fetch = run_program({"check", scenario.path, "--load", "l", "--fetch"});
  INFO(fetch.out << fetch.err);
  CHECK(fetch.exit_code == 0);
  CHECK(fetch.out.ends_with("It fits. One query was sent to " + prometheus.url() + ".\n"));
  CHECK(prometheus.accepted() == 1);

  Notebook target;
  const RunResult run =
      run_scenario(scenario.path, {"--target", target.url(), "--load", "l", "--scale", "1/1000", "--speed", "1000"});
  INFO(run.out << run.err);
  CHECK(prometheus.accepted() == 2);
  // A load that comes from flags needs no recording.
  CHECK(run_program({"check", scenario.path, "--rate", "1/s", "--duration", "1s"})
            .out.ends_with("It fits. Nothing was sent.\n"));
  CHECK(prometheus.accepted() == 2);
}

TEST_CASE("replay: a Prometheus beyond this machine is not asked without leave", "[integration]") {
  for (const auto& [url, words] : std::vector<std::pair<std::string, std::string>>{
           {"http://192.0.2.7:9090", "never a target"},
           {"http://10.255.255.1:9090", "it needs --allow-private-network"}}) {
    const Scenario scenario(prometheus_load(url, "up"));
    const RunResult run = run_program({"check", scenario.path, "--fetch"});
    INFO(run.err);
    CHECK(run.exit_code == 104);
    CHECK(run.err.find(url + "/: may not be asked: ") != std::string::npos);
    CHECK(run.err.find(words) != std::string::npos);
  }
}

TEST_CASE("replay: a virtual host before the client, and blanks in paths", "[integration]") {
  Notebook target;
  TemporaryDirectory directory;
  write_file(directory.file("access.log"), "portal.example:80 " + logged(0, "192.0.2.1", "GET /a b?c=d") +
                                               "portal.example:80 " + logged(0, "192.0.2.2", "GET /two"));
  const RunResult run =
      run_scenario("replay.lua", {"--target", target.url(), "--set", "log=" + directory.file("access.log")});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(run.summary.at("arrivals").at("planned").as_int64() == 2);
  CHECK(target.seen().count("GET /a%20b") == 1);
  CHECK(target.seen().count("GET /two") == 1);
}

TEST_CASE("replay: bad recordings and impossible shapes are one line and exit 104", "[integration]") {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"replay.csv('none.csv')", "", "none.csv: cannot be read: No such file"},
      {"replay.csv('data')", "", "data: no rows of time,count"},
      {"replay.csv('data')", "not\na\nrecording\n", "data:1: no time,count: 'not'"},
      {"replay.csv('data')", "0,1e15\n1,1e15\n", "2e+15 arrivals are more than a run can plan"},
      {"replay.csv('data')", "0,1e300\n1,1e300\n", "data:1: no count of 0 to 1e15"},
      {"replay.access_log('data')", "", "data: no requests"},
      {"replay.access_log('data')", "not a log\n", "data:1: no time in brackets: 'not a log'"},
      {"replay.access_log('data', { gap = '0' })", "", "scenario.lua:2: replay.access_log: gap is 0"},
      {"replay.access_log(5)", "", "scenario.lua:2: replay.access_log takes a file's path"},
      {"replay.prometheus { url = 'http://x', query = 'up', from = 'noon', to = '1' }", "",
       "scenario.lua:2: replay.prometheus: from is noon: expected a time"},
      {"replay.prometheus { url = 'http://x', query = 'up', from = '2', to = '1' }", "",
       "scenario.lua:2: replay.prometheus: to is not after from"},
      {"replay.prometheus { url = 'http://x', from = '1', to = '2' }", "", "replay.prometheus: query is missing"},
      {"wave_opening { arrivals = 1e14, window = '72h' }", "", "1e+14 arrivals are more than a run can plan"},
      {"stages { { '3000d', '99999999999999/s' } }", "", "scenario.lua:2: stages: 2.59e+22 arrivals"},
  };
  for (const auto& [load, data, words] : cases) {
    const Scenario scenario(load);
    write_file(scenario.directory.file("data"), data);
    const RunResult run = run_program({"run", scenario.path, "--target", "http://127.0.0.1:1"});
    INFO(load << "\n" << run.err);
    CHECK(run.exit_code == 104);
    CHECK(run.err.find(words) != std::string::npos);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
  }
  const Scenario closed("constant_users { users = 2, duration = '4s' }");
  const RunResult users = run_program({"check", closed.path, "--speed", "2"});
  CHECK(users.exit_code == 104);
  CHECK(users.err.find("--speed is for loads with arrivals") != std::string::npos);
  CHECK(run_program({"check", "replay.lua"}).err.find("which log? give it with --set log=FILE") != std::string::npos);
}

TEST_CASE("check: it draws every open load and prints its integral, peak and mean", "[integration]") {
  const RunResult run = run_program({"check", "registration.lua", "--load", "wave", "--scale", "1/1000"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("load wave: wave_opening for 162h 00m") != std::string::npos);
  CHECK(run.out.find("integral 6600.0 arrivals, peak ") != std::string::npos);
  std::size_t charts = 0;
  for (auto at = run.out.find("  integral "); at != std::string::npos; at = run.out.find("  integral ", at + 1))
    ++charts;
  CHECK(charts == 4);  // day, rush, smoke, wave
}
