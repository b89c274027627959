// `gelombang check` of a watch file, as a person meets it.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

using namespace gelombang::test;
using Catch::Contains;

namespace {

// A folder with a watch file and its scenario.
class Watch {
 public:
  explicit Watch(const std::string& text) {
    write_file(directory_.file("login.lua"),
               "local log_in = step 'log in'\n"
               "return scenario { journeys = { j = { run = function() log_in(function() http.get '/' end) end } } }\n");
    write_file(path(), text);
  }
  [[nodiscard]] std::string path() const { return directory_.file("watch.lua"); }
  [[nodiscard]] RunResult check(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"check", path()};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }

 private:
  TemporaryDirectory directory_;
};

constexpr const char* kGood = R"(return watch {
  location = "jakarta-1", zone = "Asia/Jakarta", target = "https://portal.example",
  monitors = { login = { scenario = "login.lua", every = "30s", slo = { availability = "99.5%" } } } })";

}  // namespace

TEST_CASE("check: a watch file says when it plays and what its alerts see, and sends nothing") {
  const Watch watch(kGood);
  const auto checked = watch.check();
  CHECK(checked.exit_code == 0);
  CHECK_THAT(checked.out, Contains("1 monitor at jakarta-1"));
  CHECK_THAT(checked.out, Contains("monitor login: login at https://portal.example"));
  CHECK_THAT(checked.out, Contains("objective   availability 99.5 %"));
  CHECK_THAT(checked.out, Contains("page 14.4x over 1 h"));
  CHECK_THAT(checked.out, Contains("Nothing was sent."));
}

TEST_CASE("check: what does not suit a watch is one line and exit 104") {
  const Watch watch(kGood);
  const auto refused = [](const RunResult& checked, const std::string& message) {
    CHECK(checked.exit_code == 104);
    CHECK(checked.out.empty());
    CHECK_THAT(checked.err, Contains(message));
  };
  refused(watch.check({"--rate", "3/s", "--duration", "3s"}), "is a watch, which has no load");
  refused(watch.check({"--location", "a b"}), "expected a name");
  refused(watch.check({"--prometheus-retention", "15d"}), "objectives are judged over 30d");
  refused(watch.check({"--prometheus-retention", "x"}), "--prometheus-retention");
  for (const std::string rate : {"", "1", "100%", "-1%", "1%%", "nan%", "1e1%"}) {
    INFO(rate);
    CHECK(watch.check({"--base-rate", rate}).exit_code == 104);
  }
  refused(Watch("return watch { location = 'a', monitors = { a = { url = '/', evry = 1 } } }").check(),
          "monitor 'a' does not know 'evry'");
}

TEST_CASE("check: an objective of which no alert can page is refused") {
  std::string text = kGood;
  text.replace(text.find("99.5%"), 5, "80%");
  const auto checked = Watch(text).check();
  CHECK(checked.exit_code == 104);
  CHECK(checked.out.empty());
  CHECK_THAT(checked.err, Contains("no alert can page"));
}

TEST_CASE("check: a base rate near the objective is shown to page for nothing") {
  const Watch watch(kGood);
  CHECK_THAT(watch.check({"--base-rate", "0%"}).out, Contains("less than 0.01"));
  const auto poor = watch.check({"--base-rate", "10%"}).out;
  CHECK_THAT(poor, !Contains("less than 0.01"));
  CHECK_THAT(poor, Contains("always"));
}
