// The history when there is no room for it, and its reading by other programs.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <fstream>
#include <string>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

const std::string kLogin = in_haste("login.lua");
const std::string kProgram = std::string(GELOMBANG_BINARY_DIR) + "/gelombang";

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

RunResult play(const std::vector<std::string>& argv) {
  ChildProcess process(argv);
  RunResult result;
  result.exit_code = process.wait(120s);
  result.out = process.standard_output();
  result.err = process.standard_error();
  return result;
}

}  // namespace

TEST_CASE("history: a full disk stops the recording with one warning, and the run goes on", "[integration]") {
  if (play({"unshare", "-Urm", "true"}).exit_code != 0) {
    WARN("no mount namespaces here: not tested");
    return;
  }
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string json = directory.file("summary.json");
  // A disk in a mount namespace: nothing of it is left after the run.
  const std::string script =
      "mount -t tmpfs -o size=400k tmpfs \"$1\" && exec \"$2\" run \"$3\" --target \"$4\" --rate 30/s --duration 12s "
      "--metrics-listen off --history \"$1/history.sqlite\" --json \"$5\"";
  const std::string disk = directory.file("disk");
  play({"mkdir", disk});
  const RunResult run =
      play({"unshare", "-Urm", "sh", "-c", script, "sh", disk, kProgram, kLogin, sandbox.url(), json});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 114);
  CHECK(count(run.err, "the history of this run is incomplete") == 1);
  CHECK(has(run.err, "no space left on the disk"));
  const auto summary = boost::json::parse(read_file(json));
  const auto& annotations = summary.at("annotations").as_array();
  REQUIRE(annotations.size() == 1);
  CHECK(annotations[0].at("kind").as_string() == "history");
  CHECK(summary.at("arrivals").at("completed").as_int64() == summary.at("arrivals").at("started").as_int64());
  CHECK(summary.at("arrivals").at("started").as_int64() > 250);
}

TEST_CASE("history: a limit on the size of files stops the recording as a full disk does", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  // 200 KiB: too little for twelve seconds.
  const RunResult run = play({"bash", "-c",
                              "ulimit -f 200 && exec \"$1\" run \"$2\" --target \"$3\" --rate 30/s --duration 12s "
                              "--metrics-listen off --history \"$4\"",
                              "bash", kProgram, kLogin, sandbox.url(), file});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 114);
  CHECK(count(run.err, "the history of this run is incomplete") == 1);
}

TEST_CASE("history: the queries of its manual page answer, and promtool takes its export", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const RunResult run =
      run_scenario(kLogin, {"--target", sandbox.url(), "--rate", "20/s", "--duration", "3s", "--history", file});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  std::ifstream page(std::string(GELOMBANG_SOURCE_DIR) + "/docs/history.md");
  std::vector<std::string> queries;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```sql") {
      inside = true;
      queries.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      queries.back() += line + "\n";
    }
  }
  REQUIRE(queries.size() == 3);
  for (const std::string& query : queries) {
    INFO(query);
    const RunResult answer = play({"sqlite3", "-header", file, query});
    CHECK(answer.exit_code == 0);
    CHECK(answer.err.empty());
  }
  CHECK(has(play({"sqlite3", file, queries[0]}).out, "login/log in"));

  const std::string exported = directory.file("run.om");
  CHECK(run_program({"history", "export", "last", "--format", "openmetrics", "--every", "1s", "--out", exported,
                     "--history", file})
            .exit_code == 0);
  const RunResult blocks =
      play({"promtool", "tsdb", "create-blocks-from", "openmetrics", exported, directory.file("blocks")});
  INFO(blocks.out << blocks.err);
  CHECK(blocks.exit_code == 0);
  // promtool expects a write-ahead log in a database, even an empty one.
  play({"mkdir", directory.file("blocks/wal")});
  const RunResult dumped =
      play({"promtool", "tsdb", "dump", "--match", "{__name__='gelombang_requests_total'}", directory.file("blocks")});
  CHECK(has(dumped.out, "instance=\"" + std::string(run.summary.at("run").at("id").as_string()) + "\""));

  const RunResult csv = run_program({"history", "export", "last", "--history", file});
  CHECK(csv.exit_code == 0);
  CHECK(has(csv.out, ",login,log in,"));
  const RunResult pruned = run_program({"history", "prune", "--keep", "0", "--history", file});
  CHECK(pruned.exit_code == 0);
  CHECK(has(pruned.out, "1 runs removed, 0 left"));
  CHECK(run_program({"history", "list", "--history", file}).err == "gelombang: " + file + " holds no run\n");
  CHECK(run_program({"history", "show", "last", "--history", file}).err == "gelombang: " + file + " holds no run\n");
}
