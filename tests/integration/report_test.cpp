// Reports of real runs, through the program.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>

using namespace gelombang::test;

namespace {

const std::string kLogin = in_haste("login.lua");

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

// A build without the page refuses html in one line.
bool has_page() { return std::filesystem::exists(std::string(GELOMBANG_SOURCE_DIR) + "/build/web/page.html"); }

}  // namespace

TEST_CASE("report: the last run as a page, Markdown, JSON and JUnit's XML", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const RunResult run =
      run_scenario(kLogin, {"--target", sandbox.url(), "--rate", "20/s", "--duration", "3s", "--history", file});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  const std::string id(run.summary.at("run").at("id").as_string());
  const auto report = [&](const std::string& which, const std::string& format) {
    return run_program({"report", which, "--history", file, "--format", format});
  };

  const RunResult json = report("last", "json");
  CHECK(json.exit_code == 0);
  CHECK(json.err.empty());
  const auto document = boost::json::parse(json.out);
  CHECK(document.at("summary") == run.summary);
  const auto& series = document.at("series");
  const std::size_t points = series.at("points").at("end_seconds").as_array().size();
  CHECK(points >= 3);
  double started = 0;
  for (std::size_t i = 0; i < points; ++i) {
    const auto& times = series.at("points");
    started += series.at("rate").at("started").as_array()[i].to_number<double>() *
               (times.at("end_seconds").as_array()[i].to_number<double>() -
                times.at("begin_seconds").as_array()[i].to_number<double>());
  }
  CHECK(started == Approx(run.summary.at("arrivals").at("started").to_number<double>()).epsilon(0.01));

  CHECK(has(report(id.substr(0, 17), "md").out, "## PASS\n"));
  CHECK(has(report(id, "junit").out, "<testsuite name=\"thresholds\""));
  const std::string page = directory.file("report.html");
  const RunResult html = run_program({"report", "last", "--history", file, "--out", page});
  if (has_page()) {
    CHECK(html.exit_code == 0);
    CHECK(html.out.empty());
    CHECK(has(read_file(page), id));
  } else {
    CHECK(html.exit_code == 104);
    CHECK(has(html.err, "./dev web"));
  }
}

TEST_CASE("report: what cannot be shown is one line and 104, and writes nothing", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string file = directory.file("history.sqlite");
  const auto says = [&](const std::vector<std::string>& arguments, const std::string& part) {
    std::vector<std::string> all{"report"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const RunResult result = run_program(all);
    INFO(result.err);
    CHECK(result.exit_code == 104);
    CHECK(result.out.empty());
    CHECK(has(result.err, part));
    CHECK(result.err.find('\n') == result.err.size() - 1);
  };
  says({"last", "--format", "md", "--history", file}, "there is no history yet");
  REQUIRE(run_scenario(kLogin, {"--target", sandbox.url(), "--users", "1", "--iterations", "1", "--history", file})
              .exit_code == 0);
  const std::string out = directory.file("report.md");
  says({"2019", "--format", "md", "--history", file, "--out", out}, "no run '2019'");
  CHECK_FALSE(std::filesystem::exists(out));
  says({"last", "--format", "md", "--history", file, "--out", directory.file("none/report.md")}, "none/report.md");
  says({"last", "--format", "pdf", "--history", file}, "--format: pdf");
  says({"--format", "md"}, "RUN is required");
}
