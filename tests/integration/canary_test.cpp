// The target echoes the values of a person, a --set-secret and its own cookies, in every spelling and through every
// field. No output and no file of a run may contain these values.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <boost/json.hpp>

#include <array>
#include <cctype>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kScenario = R"lua(
local enter, show, tell, fall = step "enter", step "show", step "tell", step "fall"
local judge, seek, read, look = step "judge", step "seek", step "read", step "look"
return scenario {
  people = feed.csv("people.csv", { order = "circular" }),
  backend = { header = "x-backend" },
  journeys = { j = { run = function(person)
    enter:try(function() http.post("/enter", { form = { name = person.name, password = person.password } }) end)
    show:try(function() http.get("/shown", { query = { q = secret "key" } }) end)
    local page
    tell:try(function() page = http.get("/shown", { expect = { 500 } }) end)
    judge:try(function()
      http.get("/shown", { expect = { 500 } })
      check("for " .. person.name .. " with " .. secret "key", false)
    end)
    seek:try(function() capture(page.body, "%[" .. person.password .. "(%d)") end)
    read:try(function() http.get("/shown", { expect = { 500 } }):json() end)
    look:try(function()
      http.get("/shown", { expect = { 500 } })
      sleep(0.01)
      check("a header", false, "assert_cookie", page:header("X-Debug"))
    end)
    for line in page.body:gmatch("[^\n]+") do log(line) end
    log(page:header("X-Debug"), page.url)
    conformance("rule of " .. person.name, { expected = secret "key", got = page.body })
    fall(function() error(page.body) end)
  end } },
}
)lua";

// Each value holds a word that no other value holds.
const std::string kName = "Mawar <Kenanga> & \"Co\"";
const std::string kPassword = "pa&ss\"Flamboyan<1>";
const std::string kKey = "k/Cempaka+%41'\\z";
const std::string kPassing = "s:Bougenvil.x/y+z==";  // the cookie of a redirect
const std::string kSession = "Anggrek\"7Q2zm9";      // the cookie of the page after the redirect
const std::array<std::string, 5> kCanaries{kName, kPassword, kKey, kPassing, kSession};
const std::array<std::string, 5> kWords{"kenanga", "flamboyan", "cempaka", "bougenvil", "anggrek"};

template <class Spell>
std::string each(const std::string& text, Spell spell) {
  std::string result;
  for (const char c : text) result += spell(c);
  return result;
}

std::string code(const char* format, char c) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text.data();
}

bool plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string in_percent(const std::string& text) {
  return each(text, [](char c) { return plain(c) ? std::string(1, c) : code("%%%02X", c); });
}

std::string in_base64(const std::string& text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) result += kDigits[bits >> static_cast<unsigned>(count - 6) & 63U];
  }
  if (count > 0) result += kDigits[bits << static_cast<unsigned>(6 - count) & 63U];
  return result;
}

// No spelling has a line break, because headers carry them too.
std::vector<std::string> spellings_of(const std::string& text) {
  const auto html = [](char c) {
    constexpr std::string_view kMarkup = "&<>\"'";
    constexpr std::array<const char*, 5> kNames{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const std::size_t at = kMarkup.find(c);
    return at == std::string_view::npos ? std::string(1, c) : std::string(kNames[at]);
  };
  const auto json = [](char c) { return (c == '"' || c == '\\' || c == '/' ? "\\" : "") + std::string(1, c); };
  return {text,
          each(text, html),
          each(text, [](char c) { return code("&#%u;", c); }),
          each(text, [](char c) { return code("&#x%x;", c); }),
          each(text, json),
          each(text, [](char c) { return code("\\u%04x", c); }),
          in_percent(text),
          each(text, [](char c) { return c == ' '   ? "+"
                                         : plain(c) ? std::string(1, c)
                                                    : code("%%%02x", c); }),
          in_percent(in_percent(text)),
          each(text, [](char c) { return code("%%%02X", c); }),
          each(each(text, json), html),
          each(text, [](char c) { return plain(c) ? std::string(1, c) : code("=%02X", c); }),
          in_base64(text)};
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// All spellings, each in brackets and with nothing around it that helps to find it.
std::string echo() {
  std::string page = "<h1>Oops</h1>\n";
  for (const std::string& canary : kCanaries) {
    for (const std::string& spelling : spellings_of(canary)) page += "[" + spelling + "]\n";
  }
  return page;
}

std::string answer_to(const std::string& request) {
  std::string headers = "X-Debug: " + kPassword + " | " + in_percent(kSession) + "\r\nServer: " + in_percent(kName) +
                        "\r\nX-Backend: " + kKey.substr(0, 9) + "\r\nX-" + in_percent(kPassword) +
                        ": 1\r\nVia: " + kName + "\r\n";
  if (request.find("POST /enter") == 0) {
    headers =
        "Set-Cookie: pass=" + kPassing + "; Path=/; Max-Age=0\r\nLocation: /shown?sid=" + in_percent(kPassing) + "\r\n";
    return http_answer("moved", "302 " + kPassing, headers);
  }
  return http_answer(echo(), "500 " + kName, headers + "Set-Cookie: sid=" + kSession + "; Path=/\r\n");
}

std::string told_by(const std::vector<std::string>& arguments) {
  const RunResult result = run_program(arguments);
  INFO(arguments[0] << ": " << result.err);
  CHECK(result.exit_code == 0);
  return result.out + result.err;
}

}  // namespace

TEST_CASE("canaries: what a target echoes is found in nothing that a run leaves, however it is spelled",
          "[integration]") {
  const TemporaryDirectory directory;
  const std::string history = directory.file("history.sqlite");
  write_file(directory.file("scenario.lua"), kScenario);
  write_file(directory.file("key"), kKey);
  const auto quoted = [](const std::string& field) {
    std::string text = "\"";
    for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
  };
  write_file(directory.file("people.csv"), "name,password\n" + quoted(kName) + "," + quoted(kPassword) + "\n");
  const RawServer server(keep_alive(answer_to));
  const std::uint16_t port = free_port();
  const std::string page = "http://127.0.0.1:" + std::to_string(port);
  const auto run =
      start_scenario(directory.file("scenario.lua"),
                     {"--target", "http://127.0.0.1:" + std::to_string(server.port()), "--rate", "4/s", "--duration",
                      "3s", "--history", history, "--metrics-listen", "127.0.0.1:" + std::to_string(port),
                      "--set-secret", "key=@" + directory.file("key"), "--log-level", "trace", "--linger", "0"},
                     directory.file("run.json"));
  run->wait_for_output("[redacted]");
  std::vector<std::pair<std::string, std::string>> left;
  left.emplace_back("the live page", http_get(page + "/api/run") + http_get(page + "/"));
  std::this_thread::sleep_for(1200ms);
  left.emplace_back("/metrics", http_get(page + "/metrics"));
  left.emplace_back("the live page", http_get(page + "/api/run"));
  CHECK(run->wait() == 107);
  left.emplace_back("stdout", run->standard_output());
  left.emplace_back("stderr", run->standard_error());
  left.emplace_back("--json", read_file(directory.file("run.json")));
  ChildProcess dump({"sqlite3", history, ".dump"});
  dump.wait();
  left.emplace_back("the history", dump.standard_output());
  left.emplace_back("its file", read_file(history));
  for (const char* format : {"html", "md", "json", "junit"}) {
    if (format == std::string("html") && run_program({"report", "last", "--history", history}).exit_code != 0) continue;
    left.emplace_back(format, told_by({"report", "last", "--format", format, "--history", history}));
  }
  left.emplace_back("history show", told_by({"history", "show", "last", "--history", history}));
  left.emplace_back("history export", told_by({"history", "export", "last", "--history", history}));
  // The echoes did reach the outputs.
  REQUIRE(left[4].second.find("Oops") != std::string::npos);
  REQUIRE(left[6].second.find("Oops") != std::string::npos);
  for (const auto& [where, text] : left) {
    if (where != "history show" && where != "md" && where != "json") continue;
    INFO(where << ": " << text);
    for (const char* said : {"check: for [redacted] with [redacted]", "capture: ", "json: ", "check: a header"}) {
      // Markdown escapes brackets.
      CHECK((where == "md" ? text.find("check: for ") : text.find(said)) != std::string::npos);
    }
  }
  REQUIRE(left[1].second.find("gelombang_requests_total") != std::string::npos);
  for (const auto& [where, text] : left) {
    const std::string small = lower(text);
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      INFO(where << " tells " << kWords[i]);
      CHECK(small.find(kWords[i]) == std::string::npos);
      for (const std::string& spelling : spellings_of(kCanaries[i])) {
        INFO(spelling);
        CHECK(text.find(spelling) == std::string::npos);
        // The spelling as JSON and pages escape it.
        CHECK(text.find(boost::json::serialize(boost::json::string(spelling))) == std::string::npos);
      }
    }
  }
}

TEST_CASE("canaries: a scenario that makes names of secrets is refused, and its errors do not tell them",
          "[integration]") {
  const TemporaryDirectory directory;
  write_file(directory.file("key"), kKey);
  const auto check = [&](const std::string& text) {
    write_file(directory.file("s.lua"), text);
    RunResult result = run_program({"check", directory.file("s.lua"), "--set-secret", "key=@" + directory.file("key"),
                                    "--users", "1", "--duration", "1s"});
    INFO(result.err);
    CHECK(result.exit_code == 104);
    CHECK(lower(result.out + result.err).find("cempaka") == std::string::npos);
    return result.err;
  };
  const std::string rest = " return scenario { journeys = { j = { run = function() a(function() end) end } } }";
  (void)check("local a = step('with ' .. secret('key'))" + rest);
  CHECK(check("local a = step 'a' error('no ' .. secret('key'))" + rest).find("[redacted]") != std::string::npos);
  CHECK(check("local a = step 'a' return scenario { description = secret('key'), journeys = { j = { run = function() "
              "a(function() end) end } } }")
            .find("--set-secret") != std::string::npos);
}
