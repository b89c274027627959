// How a run ends and what it reports when something goes wrong.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/sanitizer.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::string scenario(const TemporaryDirectory& directory, const std::string& text) {
  const std::string path = directory.file("scenario.lua");
  write_file(path, text);
  return path;
}

const std::string kGet = R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function() a(function() http.get("/api/waves/current") end) end } } }
)lua";

}  // namespace

TEST_CASE("run: a target that is down from the start is tcp_refused throughout", "[integration]") {
  TemporaryDirectory directory;
  const std::string url = "http://127.0.0.1:" + std::to_string(free_port());
  const RunResult run =
      run_scenario(scenario(directory, kGet), {"--target", url, "--rate", "20/s", "--duration", "2s",
                                               "--skip-preflight", "--threshold", "all: error_rate < 1%"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 99);
  const auto& step = step_of(run.summary, "j/a");
  CHECK(step.at("errors").at("tcp_refused").as_int64() == run.summary.at("arrivals").at("started").as_int64());

  const RunResult latency =
      run_scenario(scenario(directory, kGet), {"--target", url, "--rate", "20/s", "--skip-preflight", "--duration",
                                               "1s", "--threshold", "a: response_time p95 < 1s"});
  CHECK(latency.exit_code == 113);
}

TEST_CASE("run: an error of the script fails the run and is shown once", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const RunResult run = run_scenario(scenario(directory, R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function() a(function() local x = nil; return x.y end) end } } }
)lua"),
                                     {"--target", sandbox.url(), "--rate", "20/s", "--duration", "1s"});
  CHECK(run.exit_code == 107);
  CHECK(run.out.find("scenario.lua:3") != std::string::npos);
  CHECK(run.out.find("PASSED") == std::string::npos);
}

TEST_CASE("run: a guard stops a foreign identity number, sends nothing and fails the run", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const RunResult run = run_scenario(scenario(directory, R"lua(
local a = step "a"
return scenario {
  guards = { guard.body { pattern = "16 digits", only = "00..........0000" } },
  journeys = { j = { run = function() a(function() http.post("/api/identity", { json = { nik = "3201011234567890" } }) end) end } },
}
)lua"),
                                     {"--target", sandbox.url(), "--users", "1", "--iterations", "3"});
  INFO(run.out);
  CHECK(run.exit_code == 107);
  CHECK(sandbox.counts().at("requests").as_object().empty());
  CHECK(step_of(run.summary, "j/a").at("errors").at("generator_identity").as_int64() == 3);
  CHECK(run.out.find("3201011234567890") == std::string::npos);
}

TEST_CASE("run: the first signal lets what is under way finish, and exits 105", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const auto process = start_scenario("login.lua", {"--target", sandbox.url(), "--rate", "20/s", "--duration", "60s"},
                                      directory.file("s.json"));
  process->wait_for_output("scenario login");
  std::this_thread::sleep_for(2s);
  process->signal(SIGINT);
  CHECK(process->wait(40s) == 105);
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  CHECK(summary.at("verdict").as_string() == "stopped");
  CHECK(summary.at("arrivals").at("interrupted").as_int64() == 0);
  CHECK(summary.at("arrivals").at("started").as_int64() == summary.at("arrivals").at("completed").as_int64());
}

TEST_CASE("run: what was due after a stop is no drop of ours, though the grace runs out", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  sandbox.operate("freeze", R"({"ms": 8000})");
  const auto process =
      start_scenario(scenario(directory, kGet),
                     {"--target", sandbox.url(), "--rate", "20/s", "--duration", "60s", "--graceful-stop", "2s"},
                     directory.file("s.json"));
  process->wait_for_output("scenario scenario");
  std::this_thread::sleep_for(2s);
  process->signal(SIGINT);
  CHECK(process->wait(20s) == 105);
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  const auto& arrivals = summary.at("arrivals");
  CHECK(arrivals.at("interrupted").as_int64() > 0);
  CHECK(arrivals.at("planned").as_int64() == arrivals.at("started").as_int64());
}

TEST_CASE("run: the second signal stops now, and what was under way is not lost", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const auto process = start_scenario("login.lua", {"--target", sandbox.url(), "--rate", "50/s", "--duration", "60s"},
                                      directory.file("s.json"));
  process->wait_for_output("scenario login");
  std::this_thread::sleep_for(2s);
  process->signal(SIGINT);
  std::this_thread::sleep_for(100ms);
  process->signal(SIGINT);
  CHECK(process->wait(5s) == 105);
  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  const auto& arrivals = summary.at("arrivals");
  CHECK(arrivals.at("interrupted").as_int64() > 0);
  CHECK(arrivals.at("started").as_int64() ==
        arrivals.at("completed").as_int64() + arrivals.at("failed").as_int64() + arrivals.at("interrupted").as_int64());
}

TEST_CASE("run: requests that outlive the graceful stop are censored, not lost and no failures", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  sandbox.operate("freeze", R"({"ms": 8000})");
  const RunResult run =
      run_scenario(scenario(directory, kGet), {"--target", sandbox.url(), "--users", "3", "--duration", "1s",
                                               "--graceful-stop", "1s", "--threshold", "a: response_time p95 < 500ms"});
  INFO(run.out);
  const auto& step = step_of(run.summary, "j/a");
  CHECK(step.at("censored").as_int64() == 3);
  CHECK(step.at("failures").as_int64() == 0);
  // They already took longer than the limit: the threshold fails, although no request ended.
  CHECK(run.exit_code == 99);
}

TEST_CASE("run: users that are all busy with a slow target drop arrivals, and the run stays valid or degraded",
          "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  sandbox.operate("freeze", R"({"ms": 3000})");
  const RunResult run =
      run_scenario(scenario(directory, kGet), {"--target", sandbox.url(), "--rate", "50/s", "--duration", "4s",
                                               "--max-users", "10", "--threshold", "all: served_rate > 99%"});
  INFO(run.out);
  const auto& arrivals = run.summary.at("arrivals");
  CHECK(arrivals.at("dropped").at("users_exhausted").as_int64() > 50);
  CHECK(arrivals.at("started").as_int64() + arrivals.at("dropped").at("users_exhausted").as_int64() ==
        arrivals.at("planned").as_int64());
  CHECK(number(arrivals.at("served_rate")) < 0.7);
  CHECK(run.summary.at("validity").at("state").as_string() == "degraded");
  CHECK(run.exit_code == 99);
}

TEST_CASE("run: no descriptors left is our own fault, never the target's", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  sandbox.operate("freeze", R"({"ms": 2000})");
  const std::string json = directory.file("s.json");
  ChildProcess process({"sh", "-c",
                        "ulimit -n 60; exec " + std::string(GELOMBANG_BINARY_DIR) + "/gelombang run " +
                            scenario(directory, kGet) + " --target " + sandbox.url() +
                            " --rate 100/s --duration 2s --max-users 500 --metrics-listen off --no-history --json " +
                            json});
  const int code = process.wait();
  INFO(process.standard_output());
  CHECK(code == 111);
  const auto summary = boost::json::parse(read_file(json));
  // No visit is even tried: a user without a descriptor would only show our own fault.
  const auto& arrivals = summary.at("arrivals");
  CHECK(arrivals.at("dropped").at("generator_descriptors").as_int64() > 0);
  CHECK(arrivals.at("dropped").at("users_exhausted").as_int64() == 0);
  CHECK(arrivals.at("started").as_int64() + arrivals.at("dropped").at("generator_descriptors").as_int64() ==
        arrivals.at("planned").as_int64());
  CHECK(step_of(summary, "j/a").at("failures").as_int64() == 0);
  CHECK(summary.at("validity").at("state").as_string() == "invalid");
  CHECK(process.standard_output().find("PASSED") == std::string::npos);
}

TEST_CASE("run: memory comes from mimalloc, and a `new` that finds none throws, as libstdc++'s does", "[integration]") {
  if (kSanitized) return;  // sanitizers bring their own allocator
  ChildProcess::Options options;
  options.environment = {{"LD_BIND_NOW", "1"}, {"LD_DEBUG", "bindings"}};
  ChildProcess process({std::string(GELOMBANG_BINARY_DIR) + "/gelombang", "--version"}, options);
  REQUIRE(process.wait() == 0);
  // "binding file FROM [0] to FILE [0]: normal symbol `NAME' [VERSION]"
  std::istringstream lines(process.standard_error());
  std::size_t of_curl = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name = line.find(" symbol `");
    if (name == std::string::npos || line.find("binding file ") == std::string::npos) continue;
    const std::string symbol = line.substr(name + 9, line.find('\'', name) - name - 9);
    const std::size_t provider = line.rfind("libmimalloc", name);
    const bool mimalloc = provider != std::string::npos && provider > line.rfind("] to ", name);
    INFO(line);
    if (symbol == "malloc" || symbol == "calloc" || symbol == "realloc" || symbol == "free") {
      CHECK(mimalloc);
      if (line.find("libcurl") < name) ++of_curl;
    } else if (symbol.starts_with("_Znw") || symbol.starts_with("_Zna")) {
      CHECK_FALSE(mimalloc);
    }
  }
  CHECK(of_curl == 4);
}

TEST_CASE("run: what cannot fit is refused before the first request, with all that it lacks", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string path = scenario(directory, R"lua(
local a = step "a"
return scenario { journeys = { j = { lasts = "1h", run = function() a(function() http.get("/") end) end } } }
)lua");
  for (const char* command : {"run", "check"}) {
    const RunResult run =
        run_program({command, path, "--target", sandbox.url(), "--rate", "100000/s", "--duration", "1m"});
    INFO(run.err);
    CHECK(run.exit_code == 104);
    for (const char* thing : {" users are needed at the peak, ", " file descriptors are needed, ",
                              " local ports are needed, ", " of memory are needed, "}) {
      CHECK(run.err.find(thing) != std::string::npos);
    }
    CHECK((std::count(run.err.begin(), run.err.end(), '\n') == 1) == (std::string(command) == "run"));
  }
  CHECK(sandbox.counts().at("requests").as_object().empty());
}

TEST_CASE("run: how to catch up is the scenario's word, the flag's before it, and in the summary", "[integration]") {
  TemporaryDirectory directory;
  const std::string url = "http://127.0.0.1:" + std::to_string(free_port());
  const std::string path = scenario(directory, R"lua(
local a = step "a"
return scenario { catch_up = "burst", journeys = { j = { run = function() a(function() http.get("/") end) end } } }
)lua");
  const auto policy = [&](const std::vector<std::string>& further) {
    std::vector<std::string> arguments{"--target", url, "--rate", "20/s", "--duration", "500ms", "--skip-preflight"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return run_scenario(path, arguments).summary.at("arrivals").at("catch_up").at("policy").as_string();
  };
  CHECK(policy({}) == "burst");
  CHECK(policy({"--catch-up", "skip"}) == "skip");
  const RunResult closed =
      run_scenario(path, {"--target", url, "--users", "1", "--iterations", "1", "--skip-preflight"});
  CHECK(closed.summary.at("arrivals").at("catch_up").is_null());
  const RunResult wrong = run_program({"check", path, "--rate", "1/s", "--duration", "1s", "--catch-up", "later"});
  CHECK(wrong.exit_code == 104);
  CHECK(wrong.err.find("--catch-up: unknown catch-up policy 'later': expected burst, capped or skip") !=
        std::string::npos);
}

TEST_CASE("run: an abort threshold ends the run early", "[integration]") {
  TemporaryDirectory directory;
  const std::string url = "http://127.0.0.1:" + std::to_string(free_port());
  const auto begin = std::chrono::steady_clock::now();
  const RunResult run = run_scenario(scenario(directory, kGet),
                                     {"--target", url, "--rate", "50/s", "--duration", "60s", "--skip-preflight",
                                      "--threshold", "all: error_rate < 10% min 50 abort"});
  CHECK(run.exit_code == 99);
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("run: the same seed plays the same people, in segments as in one process", "[integration]") {
  const auto started = [](const std::vector<std::string>& further) {
    const Sandbox sandbox;
    std::vector<std::string> arguments{"--target", sandbox.url(), "--rate",          "20/s", "--duration", "2s",
                                       "--seed",   "77",          "--graceful-stop", "0s"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return run_scenario(in_haste("login.lua"), arguments).summary.at("arrivals").at("started").as_int64();
  };
  const auto whole = started({});
  CHECK(started({"--threads", "1"}) == whole);
  CHECK(started({"--segment", "1/3"}) + started({"--segment", "2/3"}) + started({"--segment", "3/3"}) == whole);
}

TEST_CASE("run: canary secrets are found in nothing that a run leaves", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string canary = "canary-7f3d9a1c";
  write_file(directory.file("secret"), canary + "\n");
  write_file(directory.file("people.csv"), "email,password\ncanary.person@peserta.test,canary-pass-55aa\n");
  const std::string text = R"lua(
local a = step "a"
local secret_value = secret "token"
return scenario {
  people = feed.csv("people.csv", { order = "circular" }),
  journeys = { j = { run = function(person)
    a(function()
      log("about to send", secret_value, secret "from_env", person.password, person.email, "0012345678900000")
      http.get("/masuk", { headers = { Cookie = "sesi=canary-cookie-9b1e" } })
      local r = http.post("/api/sessions", { headers = { Authorization = "Bearer " .. secret_value },
        query = { token = secret_value }, json = { email = person.email, password = person.password }, expect = { 401 } })
      conformance("rule " .. secret_value, { expected = secret_value, got = person.password })
      error("failed with " .. secret_value .. " for " .. person.email .. " and " .. person.password .. " 0012345678900000")
    end)
  end } },
}
)lua";
  const std::uint16_t port = free_port();
  const std::string json = directory.file("s.json");
  setenv("CANARY", "canary-environment-31c4", 1);
  const auto process =
      start_scenario(scenario(directory, text),
                     {"--target", sandbox.url(), "--users", "2", "--duration", "3s", "--set-secret",
                      "token=@" + directory.file("secret"), "--set-secret", "from_env=env:CANARY", "--metrics-listen",
                      "127.0.0.1:" + std::to_string(port), "--log-level", "trace", "--linger", "0"},
                     json);
  process->wait_for_output("scenario scenario");
  std::this_thread::sleep_for(1500ms);
  const std::string metrics = http_get("http://127.0.0.1:" + std::to_string(port) + "/metrics");
  const std::string title = read_file("/proc/" + std::to_string(process->pid()) + "/cmdline");
  process->wait();
  const std::string everything =
      metrics + title + process->standard_output() + process->standard_error() + read_file(json);
  REQUIRE(metrics.find("gelombang_requests_total") != std::string::npos);
  REQUIRE(process->standard_error().find("about to send") != std::string::npos);
  for (const std::string& secret :
       {canary, std::string("canary-pass-55aa"), std::string("canary.person"), std::string("0012345678900000"),
        std::string("canary-environment-31c4"), std::string("canary-cookie-9b1e")}) {
    INFO(secret);
    CHECK(everything.find(secret) == std::string::npos);
  }
}

TEST_CASE("run: a verification link and a session cookie are found in no log and no summary", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  write_file(directory.file("leak.lua"), R"lua(
local portal = require "lib.portal"
local register, mail, verify = step "register", step "mail", step "verify"
return scenario {
  people = feed.people { seed = run.seed },
  journeys = { j = { run = function(person)
    register(function() portal.register(person) end)
    local link = mail(function() return portal.wait_for_mail(person).link end)
    verify(function()
      local page = http.get(link, { redirects = 0, expect = { 303 } })
      log("link", link, "cookie", page:header("Set-Cookie"), http.cookie("sesi"))
      error("link " .. link .. " cookie " .. tostring(http.cookie("sesi")))
    end)
  end } },
}
)lua");
  const RunResult run =
      run_scenario(directory.file("leak.lua"), {"--target", sandbox.url(), "--mailbox", sandbox.mailbox(), "--users",
                                                "1", "--iterations", "1", "--log-level", "trace"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 107);
  const std::string everything = run.out + run.err + boost::json::serialize(run.summary);
  CHECK(everything.find("token=") == std::string::npos);
  // The script did write the values: the redaction kept them out.
  REQUIRE(run.err.find("script: link [redacted] cookie sesi=[redacted]") != std::string::npos);
  REQUIRE(run.out.find("leak.lua:12: link [redacted] cookie [redacted]") != std::string::npos);
  for (auto at = everything.find("sesi="); at != std::string::npos; at = everything.find("sesi=", at + 1)) {
    CHECK(everything.substr(at + 5, 10) == "[redacted]");
  }
}

TEST_CASE("run: what a script logs cannot speak to the terminal, nor look like another line", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const RunResult run = run_scenario(scenario(directory, R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function()
  a(function() http.get "/api/waves/current" end)
  log("\27]52;c;aGk=\7 \27[31m \r\n12:00:00.000 error forged \194\155 \255 caf\195\169")
  conformance("rule \27[2J", { expected = "a", got = "b\n" })
end } } }
)lua"),
                                     {"--target", sandbox.url(), "--users", "1", "--iterations", "1"});
  INFO(run.out << run.err);
  CHECK(run.err.find("script: ?]52;c;aGk=? ?[31m ??12:00:00.000 error forged ? ? caf\xc3\xa9\n") != std::string::npos);
  CHECK((run.out + run.err).find('\x1b') == std::string::npos);
}

namespace {

// Plays one user who opens a page and then runs `endless` for ever. Sends two signals and checks what is left.
void check_endless(const std::string& endless) {
  INFO(endless);
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string json = directory.file("s.json");
  const std::string history = directory.file("h.sqlite");
  const auto process = start_scenario(
      scenario(directory, R"lua(
local page = step "page"
return scenario { journeys = { j = { run = function()
  page(function() http.get "/api/waves/current" end)
  log "from here on"
  )lua" + endless + "\nend } } }"),
      {"--target", sandbox.url(), "--users", "1", "--iterations", "1", "--threads", "2", "--history", history}, json);
  process->wait_for_output("from here on");
  process->signal(SIGTERM);
  process->wait_for_output("stopping:");
  process->signal(SIGTERM);
  CHECK(process->wait() == 107);
  INFO(process->standard_output() << process->standard_error());
  CHECK(process->standard_output().find("a script does not return: 1 of 2 workers") != std::string::npos);
  const boost::json::value summary = boost::json::parse(read_file(json));
  CHECK(step_of(summary, "j/page").at("count").as_int64() == 1);
  CHECK(summary.at("verdict").as_string() == "script_error");
  // The interrupted user still counts as a person.
  CHECK(summary.at("arrivals").at("interrupted").as_int64() == 1);
  CHECK(summary.at("people").at(0).at("ended").at("interrupted").as_int64() == 1);
  const RunResult kept = run_program({"history", "show", "last", "--history", history});
  INFO(kept.out << kept.err);
  CHECK(kept.exit_code == 0);
  CHECK(kept.out.find("script_error") != std::string::npos);
}

}  // namespace

TEST_CASE("run: a script that does not come back ends at the second signal, with what was measured", "[integration]") {
  check_endless("while true do end");
}

TEST_CASE("run: so does a pattern that takes for ever", "[integration]") {
  check_endless("local found = (\"a\"):rep(60):find((\"a*\"):rep(30) .. \"b\")");
}
