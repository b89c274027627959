// Controls a run while it goes on.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/tmux.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::string found(const std::string& text, const std::string& pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : std::string();
}

// A run of the shipped login scenario with its control on a free port.
class SteeredRun {
 public:
  explicit SteeredRun(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--target", sandbox_.url(), "--metrics-listen", "127.0.0.1:0", "--linger", "0s"});
    process_ = start_scenario("login.lua", std::move(arguments), directory_.file("summary.json"));
    process_->wait_for_output("token in ");
    url_ = found(process_->standard_error(), "control  (http://[^,]*)");
    token_file_ = found(process_->standard_error(), "token in (.*)\n");
    token_ = read_file(token_file_);
    token_.erase(token_.find('\n'));
  }

  struct Answer {
    int status = 0;
    boost::json::value body;
  };
  [[nodiscard]] Answer ask(const std::string& json, const std::string& authorization) const {
    std::vector<std::string> command{"curl", "-sS", "--noproxy", "*", "--max-time", "10", "-w", "%{http_code}", url_};
    if (!authorization.empty()) command.insert(command.end(), {"-H", "Authorization: " + authorization});
    if (!json.empty()) command.insert(command.end(), {"-d", json});
    ChildProcess curl(command);
    REQUIRE(curl.wait() == 0);
    const std::string text = curl.standard_output();
    return {std::stoi(text.substr(text.size() - 3)), boost::json::parse(text.substr(0, text.size() - 3))};
  }
  [[nodiscard]] Answer ask(const std::string& json = "") const { return ask(json, "Bearer " + token_); }
  [[nodiscard]] std::string metrics() const { return http_get(url_.substr(0, url_.rfind("/api")) + "/metrics"); }
  [[nodiscard]] boost::json::value summary() const {
    return boost::json::parse(read_file(directory_.file("summary.json")));
  }

  [[nodiscard]] const Sandbox& sandbox() const { return sandbox_; }
  [[nodiscard]] ChildProcess& process() const { return *process_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] const std::string& token_file() const { return token_file_; }

 private:
  Sandbox sandbox_;
  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string url_;
  std::string token_file_;
  std::string token_;
};

}  // namespace

TEST_CASE("control: a load is paused, resumed, made denser and stopped while it runs, and nothing is miscounted",
          "[integration]") {
  SteeredRun run({"--rate", "20/s", "--duration", "10m"});
  const auto started = [&] {
    return std::stoll("0" + found(run.metrics(), "iterations_started_total\\{[^}]*\\} ([0-9]+)"));
  };
  REQUIRE(run.ask().body.at("state").as_string() == "running");
  while (started() < 10) std::this_thread::sleep_for(50ms);

  REQUIRE(run.ask(R"({"action": "pause"})").status == 200);
  std::this_thread::sleep_for(2500ms);
  const auto while_paused = started();
  CHECK(run.metrics().find("gelombang_load_paused 1\n") != std::string::npos);
  CHECK(run.metrics().find("gelombang_target_rate 0\n") != std::string::npos);
  std::this_thread::sleep_for(1500ms);
  CHECK(started() == while_paused);
  CHECK(run.ask(R"({"action": "pause"})").status == 409);

  REQUIRE(run.ask(R"({"action": "resume"})").status == 200);
  const auto faster = run.ask(R"({"action": "rate", "factor": 3})");
  CHECK(std::string(faster.body.at("done").as_string()).starts_with("rate x 3 from "));
  std::this_thread::sleep_for(200ms);  // all workers get a change a moment before it takes effect
  CHECK(run.ask().body.at("rate_asked").as_double() == Approx(60));
  while (started() < while_paused + 60) std::this_thread::sleep_for(50ms);
  CHECK(run.ask(R"({"action": "jump", "to": "9m"})").status == 200);
  std::this_thread::sleep_for(200ms);
  CHECK(run.ask().body.at("position_seconds").as_double() >= 540);

  CHECK(run.ask(R"({"action": "stop"})").status == 200);
  CHECK(run.process().wait() == 105);
  const boost::json::value summary = run.summary();
  const auto& arrivals = summary.at("arrivals");
  CHECK(number(arrivals.at("started")) == number(arrivals.at("planned")));
  CHECK(run.sandbox().answered("GET /masuk", 200) == arrivals.at("started").as_int64());
  std::vector<std::string> texts;
  for (const auto& annotation : summary.at("annotations").as_array()) {
    CHECK(annotation.at("kind").as_string() == "control");
    texts.emplace_back(annotation.at("text").as_string());
  }
  REQUIRE(texts.size() == 5);
  CHECK(texts[0].starts_with("paused at "));
  CHECK(texts[2].starts_with("rate x 3 from "));
  CHECK(texts[4] == "stopped (by http)");
}

TEST_CASE("control: a load that was made denser and jumped in plays to its end as planned", "[integration]") {
  SteeredRun run({"--rate", "30/s", "--duration", "1m", "--seed", "4"});
  REQUIRE(run.ask(R"({"action": "rate", "factor": 2})").status == 200);
  std::this_thread::sleep_for(1s);
  REQUIRE(run.ask(R"({"action": "jump", "to": "57s"})").status == 200);
  CHECK(run.process().wait() == 0);
  const boost::json::value summary = run.summary();
  CHECK(number(summary.at("arrivals").at("started")) == number(summary.at("arrivals").at("planned")));
  CHECK(number(summary.at("arrivals").at("expected")) > 200);  // 60/s for a little more than four seconds
  CHECK(number(summary.at("arrivals").at("expected")) < 500);
}

TEST_CASE("control: only who can read the token's file, and it is gone with the run", "[integration]") {
  SteeredRun run({"--rate", "5/s", "--duration", "1m"});
  namespace fs = std::filesystem;
  CHECK(fs::status(run.token_file()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(run.token().size() == 48);
  CHECK(run.process().standard_error().find(run.token()) == std::string::npos);
  const std::string stop = R"({"action": "stop"})";
  CHECK(run.ask(stop, "").status == 401);
  CHECK(run.ask(stop, "Bearer ").status == 401);
  CHECK(run.ask(stop, "Bearer " + std::string(48, '0')).status == 401);
  CHECK(run.ask(stop, "Basic " + run.token()).status == 401);
  CHECK(run.ask("", "").status == 401);
  CHECK(run.ask("{").status == 400);
  CHECK(run.ask(R"({"action": "explode"})").status == 400);
  CHECK(run.ask(R"({"action": "jump", "to": "2h"})").status == 409);
  CHECK(run.ask().body.at("state").as_string() == "running");
  CHECK(run.ask(stop).status == 200);
  CHECK(run.process().wait() == 105);
  CHECK_FALSE(fs::exists(run.token_file()));
  CHECK(run.summary().at("annotations").as_array().size() == 1);
}

TEST_CASE("control: keys on a terminal steer the run, and the terminal is left as it was", "[integration]") {
  const Sandbox sandbox;
  TemporaryDirectory directory;
  const std::string run =
      std::string(GELOMBANG_BINARY_DIR) + "/gelombang run " + GELOMBANG_SOURCE_DIR + "/scenarios/login.lua --target " +
      sandbox.url() + " --rate 10/s --duration 5m --metrics-listen off --no-history --json " + directory.file("s.json");
  {
    Tmux tmux(120, 40);
    tmux.enter("stty -g > " + directory.file("before"));
    tmux.enter(run + "; stty -g > " + directory.file("after") + "; echo over-$?");
    tmux.await("keys: p pause");
    tmux.press("p");
    tmux.await("paused at ");
    tmux.await("control   paused");
    tmux.press("p");
    tmux.await("resumed at ");
    tmux.press("+");
    tmux.await("rate x 1.25");
    tmux.press("q");
    tmux.await("over-0");
  }
  CHECK(read_file(directory.file("before")) == read_file(directory.file("after")));
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  CHECK(summary.at("annotations").as_array().size() == 4);
  CHECK(summary.at("verdict").as_string() == "stopped");
}
