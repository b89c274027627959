// Targets that answer nothing, from the start or from a later moment, and what the run says about them.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>
#include <string>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

const std::string kPage = R"lua(
local page = step "page"
return scenario { journeys = { visit = { run = function() page(function() http.get("/") end) end } } }
)lua";

RunResult play(const RawServer& server, std::vector<std::string> arguments) {
  const TemporaryDirectory directory;
  write_file(directory.file("page.lua"), kPage);
  arguments.insert(arguments.end(), {"--target", server.url(""), "--seed", "1", "--threads", "1", "--no-history"});
  return run_scenario(directory.file("page.lua"), std::move(arguments));
}

// Whether the output begins with `text`.
bool begins(const RunResult& run, const std::string& text) { return run.out.rfind(text, 0) == 0; }

}  // namespace

TEST_CASE("silence: a target that never answers is no pass, and the first line says why", "[integration]") {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const RunResult run = play(server, {"--rate", "20/s", "--duration", "1s", "--graceful-stop", "500ms"});
  INFO(run.out);
  CHECK(run.exit_code == 113);
  CHECK(begins(run, "NO DATA (none of "));
  CHECK(run.out.substr(0, run.out.find('\n')).find("requests was answered)") != std::string::npos);
  CHECK(run.summary.at("verdict") == "no_data");
  CHECK(run.summary.at("validity").at("state") != "invalid");
  CHECK(run.summary.at("iterations").at(0).at("duration_seconds").at("lower_bounds").as_array().size() > 0);
}

TEST_CASE("silence: a threshold of the last seconds ends the run while the target hangs", "[integration]") {
  // The first hundred responses come at once, then none.
  std::atomic<int> answers{0};
  const RawServer server([&answers](RawConnection& connection) {
    while (!connection.read_head().empty()) {
      if (++answers > 100) return connection.wait_for_close();
      if (!connection.send(http_answer("halo"))) return;
    }
  });
  const std::string threshold =
      GENERATE("all: response_time p95 < 1s over last 2s abort", "all: error_rate < 10% over last 2s abort",
               "all: served_rate > 90% over last 2s abort");
  INFO(threshold);
  answers = 0;
  const RunResult run =
      play(server, {"--rate", "100/s", "--duration", "60s", "--graceful-stop", "500ms", "--threshold", threshold});
  INFO(run.out);
  CHECK(run.exit_code == 99);
  CHECK(run.summary.at("thresholds").at(0).at("state") == "fail");
  // Long before the end of the load, and before any request timed out.
  CHECK(number(run.summary.at("arrivals").at("started")) < 5000);
  CHECK(number(step_of(run.summary, "visit/page").at("failures")) == 0);
}
