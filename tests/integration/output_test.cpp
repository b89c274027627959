// Every file that a command was asked to write is whole, or the command says so and exits 114. The history is also read
// where nothing may be written.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string kProgram = std::string(GELOMBANG_BINARY_DIR) + "/gelombang";
constexpr const char* kGet = R"lua(
local get = step "get"
return scenario { journeys = { j = { run = function() get(function() http.get("/") end) end } } }
)lua";

using Words = std::vector<std::string>;

RunResult play(const Words& argv) {
  ChildProcess process(argv);
  RunResult result;
  result.exit_code = process.wait(120s);
  result.out = process.standard_output();
  result.err = process.standard_error();
  return result;
}

// Runs the program through a shell script that prepares or wraps it. "$@" holds the program and its arguments.
RunResult by_shell(const std::string& script, const Words& arguments) {
  Words argv{"bash", "-c", script, "bash", kProgram};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return play(argv);
}

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

// The id of the last line of `history list`. The line begins with the id.
std::string newest_in(const std::string& listed) {
  const std::size_t last = listed.find_last_not_of('\n');
  const std::size_t line = listed.rfind('\n', last) + 1;
  return listed.substr(line, listed.find(' ', line) - line);
}

// A target that answers at once, and two runs against it.
struct Runs {
  Runs() {
    write_file(scenario, kGet);
    for (int i = 0; i < 2; ++i) {
      const RunResult run = run_scenario(scenario, {"--target", target(), "--users", "1", "--iterations", "3",
                                                    "--duration", "9s", "--history", history});
      INFO(run.err);
      REQUIRE(run.exit_code == 0);
      ids.emplace_back(run.summary.at("run").at("id").as_string());
    }
  }
  [[nodiscard]] std::string target() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
  [[nodiscard]] Words played(const Words& further) const {
    Words words{"run",          scenario, "--target",   target(), "--users",          "1",
                "--iterations", "1",      "--duration", "9s",     "--metrics-listen", "off"};
    words.insert(words.end(), further.begin(), further.end());
    return words;
  }

  TemporaryDirectory directory;
  std::string scenario = directory.file("get.lua");
  std::string history = directory.file("history.sqlite");
  RawServer server{keep_alive([](const std::string&) { return http_answer("ok"); })};
  Words ids;
};

}  // namespace

TEST_CASE("output: what did not get to stdout is said on one line, and exits 114", "[integration]") {
  const Runs runs;
  const std::string key = runs.directory.file("owner.key");
  const std::vector<Words> commands{
      {"history", "list", "--history", runs.history},
      {"history", "show", "last", "--history", runs.history},
      {"history", "export", "last", "--history", runs.history},
      {"history", "export", "last", "--format", "openmetrics", "--history", runs.history},
      {"report", "last", "--format", "md", "--history", runs.history},
      {"report", "last", "--format", "json", "--out", "-", "--history", runs.history},
      {"report", "last", "--format", "junit", "--out", "/dev/stdout", "--history", runs.history},
      {"compare", runs.ids[0], runs.ids[1], "--history", runs.history},
      {"check", runs.scenario, "--rate", "1/s", "--duration", "2s"},
      {"consent", "new-key", "--out", key},
      runs.played({"--no-history"}),
      runs.played({"--no-history", "--json", "-"}),
      {"--help"},
      {"run", "--help"},
      {"--version"}};
  for (const Words& words : commands) {
    for (const char* script : {"exec \"$@\" > /dev/full", "exec \"$@\" >&-"}) {
      fs::remove(key);
      const RunResult result = by_shell(script, words);
      INFO(script << ' ' << words[0] << ' ' << (words.size() > 1 ? words[1] : "") << ": " << result.err);
      CHECK(result.exit_code == 114);
      const auto at = result.err.find("cannot write ");
      REQUIRE(at != std::string::npos);
      CHECK_FALSE(has(result.err.substr(at + 1), "cannot write "));
      CHECK(result.err.find("std", at) != std::string::npos);
    }
  }
}

TEST_CASE("output: what is graver than a full disk stays the exit code", "[integration]") {
  const Runs runs;
  const RunResult broken =
      by_shell("exec \"$@\" > /dev/full", runs.played({"--no-history", "--threshold", "all: count > 1000"}));
  INFO(broken.err);
  CHECK(broken.exit_code == 99);
  CHECK(has(broken.err, "cannot write to stdout: No space left on device\n"));
  CHECK(by_shell("exec \"$@\" > /dev/full", {"run", runs.scenario}).exit_code == 104);
}

TEST_CASE("output: a summary that could not be written is a reason, in the history as well", "[integration]") {
  const Runs runs;
  const RunResult run = run_program(runs.played({"--history", runs.history, "--json", "/dev/full"}));
  INFO(run.err);
  CHECK(run.exit_code == 114);
  CHECK(has(run.out, "PASSED"));
  CHECK(has(run.err, "gelombang: exit 114: --json: cannot write /dev/full: No space left on device\n"));
  const RunResult kept = run_program({"report", "last", "--format", "json", "--history", runs.history});
  CHECK(has(kept.out, "--json: cannot write /dev/full"));
}

TEST_CASE("output: no earlier file stands where this run's was to be", "[integration]") {
  const Runs runs;
  const std::string json = runs.directory.file("summary.json");
  const auto earlier = [&] {
    fs::remove(json + "~");
    write_file(json, "of an earlier run");
  };
  const auto is_set_aside = [&] { return !fs::exists(json) && read_file(json + "~") == "of an earlier run"; };
  // The run is refused.
  earlier();
  CHECK(run_program({"run", runs.scenario, "--target", "http://[::1", "--json", json}).exit_code == 104);
  CHECK(is_set_aside());
  // The new file may not grow.
  earlier();
  const RunResult full =
      by_shell("set -o pipefail; (ulimit -f 1; exec \"$@\") 2>&1 | cat", runs.played({"--no-history", "--json", json}));
  CHECK(full.exit_code == 114);
  CHECK(has(full.out, "File too large; the earlier file is " + json + "~"));
  CHECK(is_set_aside());
  // The run is killed.
  earlier();
  ChildProcess run({kProgram, "run", runs.scenario, "--target", runs.target(), "--rate", "1/s", "--duration", "60s",
                    "--metrics-listen", "off", "--no-history", "--json", json});
  run.wait_for_output("scenario ");
  run.signal(SIGKILL);
  run.wait();
  CHECK(is_set_aside());
  // The commands that read the history.
  for (const Words& words : std::vector<Words>{{"report", "last", "--format", "json"},
                                               {"history", "export", "last"},
                                               {"compare", runs.ids[0], runs.ids[1]}}) {
    earlier();
    Words all = words;
    all.insert(all.end(), {"--history", runs.history, "--out", json});
    const RunResult result = by_shell("ulimit -f 0 && exec \"$@\"", all);
    INFO(words[0] << ": " << result.err);
    CHECK(result.exit_code == 114);
    CHECK(is_set_aside());
    // A file that is written whole replaces the earlier one.
    earlier();
    CHECK(run_program(all).exit_code == 0);
    CHECK(read_file(json) != "of an earlier run");
    CHECK_FALSE(fs::exists(json + "~"));
  }
}

TEST_CASE("output: a file that the run itself reads is never set aside for its summary", "[integration]") {
  const Runs runs;
  const std::string file = runs.directory.file("read by the run");
  for (const Words& reads : std::vector<Words>{{"--set-secret", "pw=@" + file},
                                               {"--consent-key", file},
                                               {"--ca-file", file},
                                               {"--mailbox-password-file", file}}) {
    INFO(reads[0]);
    write_file(file, "kept");
    Words all{"run", runs.scenario, "--target", "http://127.0.0.1:1", "--no-history", "--json", file};
    all.insert(all.end(), reads.begin(), reads.end());
    const RunResult result = run_program(all);
    CHECK(result.exit_code == 104);
    CHECK(has(result.err, "--json"));
    CHECK(read_file(file) == "kept");
    CHECK_FALSE(fs::exists(file + "~"));
  }
}

TEST_CASE("output: what is no regular file is written, and stays what it is", "[integration]") {
  const Runs runs;
  const std::string link = runs.directory.file("link");
  const std::string pipe = runs.directory.file("pipe");
  fs::create_symlink("behind.txt", link);
  REQUIRE(play({"mkfifo", pipe}).exit_code == 0);
  const Words words{"history", "export", "last", "--history", runs.history, "--out"};
  const auto with = [&words](const std::string& out) {
    Words all = words;
    all.push_back(out);
    return all;
  };
  CHECK(run_program(with(link)).exit_code == 0);
  CHECK(fs::is_symlink(link));
  const std::string exported = read_file(runs.directory.file("behind.txt"));
  CHECK(has(exported, ","));
  const RunResult piped = by_shell("cat \"${!#}\" & \"$@\"; code=$?; wait; exit $code", with(pipe));
  CHECK(piped.exit_code == 0);
  CHECK(piped.out == exported);
  CHECK(fs::is_fifo(pipe));
  CHECK(run_program(with(runs.directory.path())).exit_code == 104);
  CHECK(fs::is_directory(runs.directory.path()));
  // The history itself is not overwritten either.
  const RunResult itself = run_program(with(runs.history));
  CHECK(itself.exit_code == 104);
  CHECK(run_program({"history", "list", "--history", runs.history}).exit_code == 0);
  const std::string node = runs.directory.file("null");
  if (play({"mknod", node, "c", "1", "3"}).exit_code == 0) {
    (void)run_program(with(node));
    CHECK(fs::is_character_file(node));
    (void)run_program(runs.played({"--no-history", "--json", node}));
    CHECK(fs::is_character_file(node));
  }
}

TEST_CASE("output: a history is read where nothing may be written", "[integration]") {
  if (play({"unshare", "-Urm", "true"}).exit_code != 0) return;  // no mount namespaces on this machine
  const Runs runs;
  const std::string disk = runs.directory.file("disk");
  fs::create_directory(disk);
  const std::string file = disk + "/history.sqlite";
  std::string newest = runs.ids[1];
  const auto reads = [&](const std::string& what) {
    // Only the directory of the history is read-only.
    const std::string read_only = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    for (const Words& words : std::vector<Words>{{"history", "list"},
                                                 {"history", "show", "last"},
                                                 {"history", "export", "last"},
                                                 {"report", "last", "--format", "json"},
                                                 {"compare", runs.ids[0], runs.ids[1]}}) {
      Words argv{"unshare", "-Urm", "sh", "-c", read_only, disk, kProgram};
      argv.insert(argv.end(), words.begin(), words.end());
      argv.insert(argv.end(), {"--history", file});
      const RunResult result = play(argv);
      INFO(what << ", " << words[0] << ": " << result.err);
      CHECK(result.exit_code == 0);
      CHECK_FALSE(result.out.empty());
      if (words[0] == "history" && words[1] == "list") CHECK(has(result.out, newest));
    }
  };
  fs::copy_file(runs.history, file);
  reads("as a run leaves it");

  // During a run, and after a run that was killed: the last seconds of the run are in the log.
  {
    ChildProcess run({kProgram, "run", runs.scenario, "--target", runs.target(), "--rate", "5/s", "--duration", "60s",
                      "--metrics-listen", "off", "--history", file});
    run.wait_for_output("scenario ");
    for (int i = 0; i < 200 && !(fs::exists(file + "-wal") && fs::file_size(file + "-wal") > 0); ++i) {
      std::this_thread::sleep_for(20ms);
    }
    // Waits until the first moments of the run are recorded.
    for (int i = 0; i < 200; ++i) {
      if (run_program({"report", "last", "--format", "json", "--history", file}).exit_code == 0) break;
      std::this_thread::sleep_for(20ms);
    }
    // The new run is in the last line of the list, and its id is only in the log.
    const std::string listed = run_program({"history", "list", "--history", file}).out;
    newest = newest_in(listed);
    REQUIRE_FALSE(newest.empty());
    REQUIRE(newest != runs.ids[0]);
    REQUIRE(newest != runs.ids[1]);
    REQUIRE_FALSE(has(read_file(file), newest));
    reads("beside a run");
    run.signal(SIGKILL);
    run.wait();
  }
  reads("after a kill");
  fs::remove(file + "-shm");
  REQUIRE(fs::file_size(file + "-wal") > 0);
  reads("with a log and no index of it");
  // The same through a link in another directory.
  const std::string link = runs.directory.file("last.sqlite");
  REQUIRE(::symlink(file.c_str(), link.c_str()) == 0);
  fs::remove(file + "-shm");
  const RunResult through = play({"unshare", "-Urm", "sh", "-c",
                                  "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"", disk,
                                  kProgram, "history", "list", "--history", link});
  INFO(through.out << through.err);
  CHECK(has(through.out, newest));
}
