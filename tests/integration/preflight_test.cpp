// The program before its first arrival, and later when the target answers nobody.
#include "tests/support/catch.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

const std::string kPage = R"lua(
local page = step "page"
return scenario { journeys = { visit = { run = function() page(function() http.get("/") end) end } } }
)lua";

class Visit {
 public:
  Visit() { write_file(path(), kPage); }
  [[nodiscard]] std::string path() const { return directory_.file("page.lua"); }
  [[nodiscard]] RunResult play(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--no-history"});
    return run_scenario(path(), std::move(arguments));
  }
  [[nodiscard]] RunResult search(const std::string& target, std::vector<std::string> further = {}) const {
    std::vector<std::string> arguments{"find-max",
                                       path(),
                                       "--target",
                                       target,
                                       "--slo",
                                       "all: error_rate < 1%",
                                       "--metrics-listen",
                                       "off",
                                       "--no-history",
                                       "--probe",
                                       "2s",
                                       "--warm-up",
                                       "0s",
                                       "--min-rate",
                                       "10/s",
                                       "--max-rate",
                                       "10/s",
                                       "--cool-down",
                                       "0s"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return run_program(arguments);
  }

 private:
  TemporaryDirectory directory_;
};

std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// The time `from_now` seconds from now, as "2026-03-04T12:00:00Z".
std::string time_in(std::chrono::seconds from_now) {
  const std::time_t at = std::time(nullptr) + from_now.count();
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

TEST_CASE("preflight: a target that refuses connections is no run, and one line says so", "[integration]") {
  const Visit visit;
  const std::string url = url_of(free_port());
  for (const RunResult& refused :
       {visit.play({"--target", url, "--rate", "5/s", "--duration", "10m"}), visit.search(url)}) {
    INFO(refused.err);
    CHECK(refused.exit_code == 113);
    CHECK(lines(refused.err) == 1);
    CHECK(refused.err.find(url + ": nothing listens on the port") != std::string::npos);
    CHECK(refused.err.find("nothing was sent (--skip-preflight runs anyway)") != std::string::npos);
    CHECK(refused.out.empty());
    CHECK(refused.summary.is_null());
  }
  const RunResult anyway = visit.play({"--target", url, "--rate", "5/s", "--duration", "1s", "--skip-preflight"});
  CHECK_FALSE(anyway.summary.is_null());
  CHECK(visit.search(url, {"--skip-preflight"}).err.find("probe") != std::string::npos);
}

TEST_CASE("preflight: a bad certificate is refused before a request fails of it", "[integration]") {
  const Visit visit;
  const Nginx nginx("location / { return 200 ok; }");
  const std::string url = nginx.tls_url("");
  const std::vector<std::string> load{"--target", url, "--users", "1", "--iterations", "3"};
  const auto with = [&load](std::vector<std::string> further) {
    further.insert(further.end(), load.begin(), load.end());
    return further;
  };
  const RunResult refused = visit.play(load);
  INFO(refused.err);
  CHECK(refused.exit_code == 104);
  CHECK(lines(refused.err) == 1);
  CHECK(refused.err.find("the certificate is not signed by a trusted authority") != std::string::npos);
  CHECK(visit.search(url).exit_code == 104);
  CHECK(visit.play(with({"--ca-file", nginx.ca_file()})).exit_code == 0);
  CHECK(visit.play(with({"--insecure"})).exit_code == 0);
}

TEST_CASE("preflight: a signal ends the look at a silent target, and says so", "[integration]") {
  const Visit visit;
  TemporaryDirectory directory;
  std::atomic<bool> met{false};
  const RawServer mute([&met](RawConnection& connection) {
    met = true;
    connection.wait_for_close();
  });
  const auto looking = start_scenario(visit.path(),
                                      {"--target", "https://127.0.0.1:" + std::to_string(mute.port()), "--rate", "5/s",
                                       "--duration", "1m", "--no-history"},
                                      directory.file("summary.json"));
  while (!met) std::this_thread::sleep_for(10ms);
  looking->signal(SIGTERM);
  CHECK(looking->wait(5s) == 105);
  CHECK(looking->standard_error() == "gelombang: stopped by a signal before the start; nothing was sent\n");
}

TEST_CASE("preflight: a mailbox that cannot be read is no run, and one line says so", "[integration]") {
  const Visit visit;
  const Sandbox sandbox;
  TemporaryDirectory directory;
  write_file(directory.file("password"), "rahasia-1\n");
  const std::vector<std::string> mailbox{"--mailbox",
                                         "imap://127.0.0.1:" + std::to_string(free_port()),
                                         "--mailbox-user",
                                         "u",
                                         "--mailbox-password-file",
                                         directory.file("password")};
  std::vector<std::string> arguments{"--target", sandbox.url(), "--users", "1", "--iterations", "1"};
  arguments.insert(arguments.end(), mailbox.begin(), mailbox.end());
  for (const RunResult& refused : {visit.play(arguments), visit.search(sandbox.url(), mailbox)}) {
    INFO(refused.err);
    CHECK(refused.exit_code == 104);
    CHECK(lines(refused.err) == 1);
    CHECK(refused.err.find("--mailbox: ") != std::string::npos);
    CHECK(refused.err.find("nothing was sent (--skip-preflight runs anyway)") != std::string::npos);
  }
  arguments.emplace_back("--skip-preflight");
  CHECK(visit.play(arguments).exit_code == 0);
}

TEST_CASE("preflight: a search looks at its target once, and asks nothing", "[integration]") {
  const Visit visit;
  std::atomic<std::size_t> silent{0};
  const RawServer server([&silent](RawConnection& connection) {
    bool asked = false;
    while (!connection.read_head().empty()) {
      asked = true;
      if (!connection.send(http_answer("halo"))) break;
    }
    if (!asked) ++silent;
  });
  const RunResult found = visit.search(server.url(""));
  INFO(found.err);
  CHECK(found.exit_code == 113);  // no objective fails
  CHECK(silent == 1);
}

TEST_CASE("early stop: a target that answers nobody ends the run, unless it is told to play on", "[integration]") {
  const Visit visit;
  TemporaryDirectory directory;
  const RawServer mute([](RawConnection& connection) { connection.wait_for_close(); });
  // The status arrives at once, the body never.
  const RawServer begun([](RawConnection& connection) {
    if (connection.read_head().empty()) return;
    connection.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\n");
    connection.wait_for_close();
  });
  const auto start = [&](const RawServer& server, const std::string& name, std::vector<std::string> further) {
    further.insert(further.end(), {"--target", server.url(""), "--rate", "4/s", "--graceful-stop", "0s", "--threshold",
                                   "all: error_rate < 1%", "--no-history"});
    return start_scenario(visit.path(), std::move(further), directory.file(name));
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto stopped = start(mute, "stopped", {"--duration", "10m"});
  const auto told = start(mute, "told", {"--duration", "33s", "--no-early-stop"});
  const auto answered = start(begun, "answered", {"--duration", "33s"});

  CHECK(stopped->wait(60s) == 113);
  CHECK(std::chrono::steady_clock::now() - begin > 29s);
  INFO(stopped->standard_output() << stopped->standard_error());
  const std::string first = stopped->standard_output().substr(0, stopped->standard_output().find('\n'));
  CHECK(first.rfind("NO DATA (none of ", 0) == 0);
  CHECK(stopped->standard_error().find("stopped early (--no-early-stop plays on)") != std::string::npos);
  const auto summary = boost::json::parse(read_file(directory.file("stopped")));
  CHECK(summary.at("verdict").as_string() == "no_data");
  CHECK(summary.at("exit_code").as_int64() == 113);

  for (const auto& [process, name] : {std::pair(&told, "told"), std::pair(&answered, "answered")}) {
    INFO(name);
    (*process)->wait(60s);
    const auto played = boost::json::parse(read_file(directory.file(name)));
    CHECK(number(played.at("run").at("took_seconds")) > 32.9);
    CHECK((*process)->standard_error().find("stopped early") == std::string::npos);
  }
}

TEST_CASE("start at: the first arrival comes at that time, and until then it is said", "[integration]") {
  const Visit visit;
  const Sandbox sandbox;
  const std::string start = time_in(8s);
  const RunResult run =
      visit.play({"--target", sandbox.url(), "--users", "1", "--iterations", "1", "--start-at", start});
  INFO(run.err);
  CHECK(run.exit_code == 0);
  CHECK(run.err.find("starts   ") != std::string::npos);
  CHECK(run.err.find(start.substr(11, 8)) != std::string::npos);
  const std::string began(run.summary.at("run").at("started_at").as_string());
  CHECK(began.substr(0, 19) == start.substr(0, 19));
}

TEST_CASE("start at: a signal ends the wait, and nothing was sent", "[integration]") {
  const Visit visit;
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string history = directory.file("history.sqlite");
  const auto waiting = start_scenario(visit.path(),
                                      {"--target", sandbox.url(), "--rate", "5/s", "--duration", "1s", "--start-at",
                                       "2199-03-04T12:00Z", "--history", history},
                                      directory.file("summary.json"));
  waiting->wait_for_output("starts   Mon 4 Mar 2199 ");
  waiting->signal(SIGINT);
  CHECK(waiting->wait(10s) == 105);
  INFO(waiting->standard_error());
  CHECK(waiting->standard_error().find("stopped by a signal before the start; nothing was sent") != std::string::npos);
  CHECK(sandbox.counts().at("requests").as_object().empty());
  CHECK(run_program({"history", "list", "--history", history}).out.find("page") == std::string::npos);
}

TEST_CASE("start at: a time that is over is refused", "[integration]") {
  const Visit visit;
  const RunResult run =
      visit.play({"--target", "http://127.0.0.1:1", "--rate", "5/s", "--duration", "1s", "--start-at", time_in(-60s)});
  INFO(run.err);
  CHECK(run.exit_code == 104);
  CHECK(run.err.find("Z' is in the past: it was ") != std::string::npos);
}
