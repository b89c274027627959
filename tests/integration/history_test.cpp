// The history of real runs: what it keeps and how it is read.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

const std::string kLogin = in_haste("login.lua");

// Those with columns: two blanks within.
std::vector<std::string> table_lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.find("  ", begin) != std::string::npos) found.push_back(line);
  }
  return found;
}

std::ptrdiff_t columns_of(const std::string& line) {
  return std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xc0') != '\x80'; });
}

std::string sql(const std::string& file, const std::string& query) {
  ChildProcess sqlite({"sqlite3", file, query});
  const int code = sqlite.wait();
  INFO(sqlite.standard_error());
  REQUIRE(code == 0);
  std::string out = sqlite.standard_output();
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("history: a run is kept with its plan, its summary and all that it counted", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const RunResult run = run_scenario(kLogin, {"--target", sandbox.url(), "--rate", "20/s", "--duration", "3s",
                                              "--history", file, "--contact", "ops@example.test"});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  const std::string id(run.summary.at("run").at("id").as_string());
  CHECK(run.summary.at("run").at("history").as_string() == file);
  CHECK(has(run.out, "kept in " + file + ": gelombang report " + id + " --history " + file));
  CHECK(sql(file, "SELECT id, verdict, exit_code, load FROM run") == id + "|pass|0|--rate 20/s");
  CHECK(sql(file, "SELECT json_extract(summary, '$.run.id') FROM run") == id);
  CHECK(sql(file, "SELECT json_extract(plan, '$.seed') = seed FROM run") == "1");
  CHECK(sql(file, "SELECT length(scenario_sha256) FROM run") == "64");
  CHECK(has(sql(file, "SELECT plan FROM run"), "\"20/s\""));
  CHECK_FALSE(has(sql(file, "SELECT plan FROM run"), "ops@example.test"));
  const std::string started = std::to_string(run.summary.at("arrivals").at("started").as_int64());
  CHECK(sql(file, "SELECT sum(started) FROM interval") == started);
  CHECK(std::stoi(sql(file, "SELECT count(*) FROM interval")) >= 3);

  const RunResult list = run_program({"history", "list", "--history", file});
  CHECK(list.exit_code == 0);
  CHECK(has(list.out, id));
  CHECK(has(list.out, "pass"));
  // Its time of day names the zone.
  CHECK(std::regex_search(list.out, std::regex(R"(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [A-Z])")));
  for (const char* what : {"list", "show last"}) {
    ChildProcess narrow(
        {"sh", "-c",
         "COLUMNS=80 " + std::string(GELOMBANG_BINARY_DIR) + "/gelombang history " + what + " --history " + file});
    CHECK(narrow.wait() == 0);
    for (const std::string& line : table_lines(narrow.standard_output())) {
      INFO(line);
      CHECK(columns_of(line) <= 80);
    }
  }
  const RunResult show = run_program({"history", "show", id.substr(0, 17), "--history", file});
  CHECK(show.exit_code == 0);
  CHECK(has(show.out, "login/log in"));
}

TEST_CASE("history: the usual file is in the user's state directory, for the user alone, and --no-history leaves none",
          "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const auto play = [&](const std::vector<std::string>& further) {
    std::vector<std::string> argv{std::string(GELOMBANG_BINARY_DIR) + "/gelombang",
                                  "run",
                                  kLogin,
                                  "--target",
                                  sandbox.url(),
                                  "--users",
                                  "1",
                                  "--iterations",
                                  "1",
                                  "--metrics-listen",
                                  "off"};
    argv.insert(argv.end(), further.begin(), further.end());
    ChildProcess::Options options;
    options.environment["XDG_STATE_HOME"] = directory.file("state");
    ChildProcess run(argv, options);
    const int code = run.wait();
    INFO(run.standard_error());
    CHECK(code == 0);
    return run.standard_error();
  };
  const std::string usual = directory.file("state/gelombang/history.sqlite");
  play({"--no-history"});
  CHECK_FALSE(std::filesystem::exists(directory.file("state")));
  play({});
  using std::filesystem::perms;
  CHECK((std::filesystem::status(usual).permissions() & perms::all) == (perms::owner_read | perms::owner_write));
  CHECK((std::filesystem::status(directory.file("state/gelombang")).permissions() & perms::all) == perms::owner_all);
  CHECK(sql(usual, "SELECT count(*) FROM run") == "1");
  // If the usual file cannot be used, the run only warns.
  write_file(usual, "nothing that SQLite knows");
  CHECK(has(play({}), "this run is not recorded"));
  CHECK(read_file(usual) == "nothing that SQLite knows");
}

TEST_CASE("history: a file that was named and cannot be used is refused before anything is sent", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("notes.txt");
  write_file(file, "my notes, of which nothing may be lost, long enough to have a header: " + std::string(200, '.'));
  const std::string before = read_file(file);
  for (const std::string& path : {file, directory.file("missing/history.sqlite"), directory.path()}) {
    const RunResult run =
        run_scenario(kLogin, {"--target", sandbox.url(), "--rate", "20/s", "--duration", "1s", "--history", path});
    INFO(run.err);
    CHECK(run.exit_code == 104);
    CHECK(has(run.err, "--history: "));
  }
  CHECK(read_file(file) == before);
  CHECK(sandbox.answered("GET /masuk", 200) == 0);
  const RunResult show = run_program({"history", "show", "last", "--history", file});
  CHECK(show.exit_code == 104);
  CHECK(show.err == "gelombang: " + file + " is not a history of gelombang; it was left as it is\n");
}

TEST_CASE("history: a run that was killed is there, all but its last moments, and said to be cut off",
          "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const auto run =
      start_scenario(kLogin, {"--target", sandbox.url(), "--rate", "20/s", "--duration", "1m", "--history", file}, "-");
  run->wait_for_output("scenario ");
  std::this_thread::sleep_for(6s);
  run->signal(SIGKILL);
  run->wait();
  CHECK(std::stod(sql(file, "SELECT max(end_seconds) FROM interval")) > 3.5);
  // Moves the start back, so that the last write is long enough ago for the run to count as cut off.
  sql(file, "UPDATE run SET started_at = started_at - 60");
  const RunResult list = run_program({"history", "list", "--history", file});
  CHECK(has(list.out, "cut off"));
  const RunResult show = run_program({"history", "show", "last", "--history", file});
  CHECK(show.exit_code == 0);
  CHECK(has(show.out, "cut off"));
  CHECK(has(show.out, "login/log in"));
}

TEST_CASE("history: what is not there is said in one line", "[integration]") {
  TemporaryDirectory directory;
  const auto says = [&](const std::vector<std::string>& arguments, const std::string& line) {
    std::vector<std::string> all{"history"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const RunResult result = run_program(all);
    CHECK(result.exit_code == 104);
    CHECK(result.err == "gelombang: " + line + "\n");
  };
  const std::string file = directory.file("history.sqlite");
  says({"list", "--history", file}, file + ": there is no history yet");
  write_file(file, "");
  says({"list", "--history", file}, file + " is empty: it holds no run");
}

namespace {

// Sends values that no history may hold.
const std::string kCanaries = R"lua(
local a, b = step "sign in", step "look"
return scenario {
  backend = { header = "x-backend" },
  people = feed.people { first = 5, count = 3 },
  journeys = { j = { run = function(person)
    a:try(function()
      http.post("/login", { form = { email = person.email, password = person.password, nik = person.nik },
                            headers = { authorization = "Bearer canary-bearer-1", ["x-k"] = secret("key") } })
    end)
    b(function() http.get("/me?token=canary-query-1&email=" .. person.email) end)
  end } },
}
)lua";

}  // namespace

TEST_CASE("history: no password, cookie, token, identity number or mail address of a run stands in its file",
          "[integration]") {
  TemporaryDirectory directory;
  const std::string file = directory.file("history.sqlite");
  // The requests themselves show the values of the people.
  std::mutex mutex;
  std::string seen;
  RawServer server(keep_alive([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    seen += request;
    // The target echoes every request and adds its own secrets.
    return http_answer("echo: " + request + " canary-body-0123456789abcdef0123456789", "500 Oops",
                       "x-backend: web-7\r\nset-cookie: sid=canary-cookie-1; path=/\r\nx-echo: canary-header-1\r\n");
  }));
  write_file(directory.file("scenario.lua"), kCanaries);
  write_file(directory.file("secret"), "canary-secret-1");
  const RunResult run = run_scenario(
      directory.file("scenario.lua"),
      {"--target", "http://127.0.0.1:" + std::to_string(server.port()), "--users", "2", "--iterations", "6",
       "--history", file, "--set-secret", "key=@" + directory.file("secret"), "--contact", "canary@ops.test"});
  INFO(run.out << run.err);
  CHECK(sql(file, "SELECT count(*) > 0 FROM evidence WHERE status = 500 AND error = 'http_500'") == "1");
  CHECK(sql(file, "SELECT count(*) FROM attempt") == sql(file, "SELECT sum(requests) FROM step_interval"));
  CHECK(sql(file, "SELECT DISTINCT value FROM dimension WHERE name = 'back_end'") == "web-7");
  CHECK(has(sql(file, "SELECT headers FROM evidence LIMIT 1"), "set-cookie: [redacted]"));
  CHECK(has(sql(file, "SELECT body FROM evidence LIMIT 1"), "echo: "));
  const std::string kept = sql(file, ".dump") + read_file(file) + read_file(file + "-wal");
  for (const char* canary : {"canary-bearer-1", "canary-query-1", "canary-body", "canary-cookie-1", "canary-header-1",
                             "canary-secret-1", "canary@ops.test"}) {
    INFO(canary);
    CHECK_FALSE(has(kept, canary));
  }
  // The values of the people: as they were sent, and decoded.
  for (const char* field : {"email=", "password=", "nik="}) {
    const auto at = seen.find(field) + std::string(field).size();
    const std::string value = seen.substr(at, seen.find_first_of("& \r\n", at) - at);
    INFO(field << value);
    REQUIRE(value.size() > 4);
    CHECK_FALSE(has(kept, value));
    const auto sign = value.find("%40");
    if (sign != std::string::npos) CHECK_FALSE(has(kept, value.substr(0, sign)));
  }
}

TEST_CASE("history: two runs write to one file at once, and it is read meanwhile", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const std::vector<std::string> arguments{"--target",   sandbox.url(), "--rate",    "20/s",
                                           "--duration", "4s",          "--history", file};
  const auto one = start_scenario(kLogin, arguments, directory.file("one.json"));
  const auto two = start_scenario(kLogin, arguments, directory.file("two.json"));
  one->wait_for_output("scenario ");
  two->wait_for_output("scenario ");
  const RunResult meanwhile = run_program({"history", "list", "--history", file});
  CHECK(meanwhile.exit_code == 0);
  CHECK(has(meanwhile.out, "under way"));
  CHECK(run_program({"history", "show", "last", "--history", file}).exit_code == 0);
  for (const auto& [run, json] : {std::pair(one.get(), "one.json"), std::pair(two.get(), "two.json")}) {
    CHECK(run->wait() == 0);
    CHECK_FALSE(has(run->standard_error(), "warn"));
    const auto summary = boost::json::parse(read_file(directory.file(json)));
    const std::string id(summary.at("run").at("id").as_string());
    CHECK(sql(file, "SELECT sum(started) FROM interval JOIN run USING (run) WHERE id = '" + id + "'") ==
          std::to_string(summary.at("arrivals").at("started").as_int64()));
  }
  CHECK(sql(file, "SELECT count(*) FROM run WHERE verdict = 'pass'") == "2");
}
