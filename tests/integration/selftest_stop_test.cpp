// A self-test that is stopped shows its table, returns its exit code, and leaves nothing behind.
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json.hpp>

#include <cerrno>
#include <csignal>
#include <sstream>
#include <string>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// The processes that `pid` started.
std::vector<pid_t> children_of(pid_t pid) {
  const std::string id = std::to_string(pid);
  std::istringstream text(read_file("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;) children.push_back(child);
  return children;
}

}  // namespace

TEST_CASE("selftest: a signal ends it with the checks so far and exit 105, and its server with it", "[integration]") {
  const int number = GENERATE(SIGINT, SIGTERM);
  TemporaryDirectory directory;
  const std::string json = directory.file("s.json");
  ChildProcess process({std::string(GELOMBANG_BINARY_DIR) + "/gelombang", "selftest", "--json", json});
  process.wait_for_output("2/8", 60s);  // one stage is done
  const auto servers = children_of(process.pid());
  REQUIRE(servers.size() == 1);
  process.signal(number);
  CHECK(process.wait(20s) == 105);
  INFO(process.standard_output() << process.standard_error());
  CHECK(process.standard_output().find("delays") != std::string::npos);
  CHECK(process.standard_output().find("freeze") == std::string::npos);
  CHECK(process.standard_error().find("exit 105: stopped by a signal") != std::string::npos);
  const auto written = boost::json::parse(read_file(json));
  CHECK(written.at("exit_code") == 105);
  CHECK(written.at("ok") == false);
  CHECK(kill(servers.front(), 0) == -1);
  CHECK(errno == ESRCH);
}
