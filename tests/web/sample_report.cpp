// usage: sample_report html|json SECONDS [HOSTILE-TEXT]: writes the report of an invented run to stdout.
#include "reports/report_document.hpp"
#include "reports/report_page.hpp"
#include "tests/web/sample_run.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  test::SampleOptions options;
  options.length = std::chrono::seconds(std::atoi(argv[2]));
  if (argc > 3) options.hostile = argv[3];
  const test::SampleRun run = test::make_sample(options);
  ReportDocument document;
  document.command =
      "gelombang run portal_mix.lua --target http://127.0.0.1:8080 --load opening --seed 18446744073709551615";
  document.seed = 18'446'744'073'709'551'615ULL;
  document.annotations = run.annotations;
  document.first_failures = run.first_failures;
  document.summary = run.summary_json;
  document.series = run.series_json;
  const std::string json = report_json(document);
  if (std::string_view(argv[1]) == "json") {
    std::fputs(json.c_str(), stdout);
    return 0;
  }
  const auto page = page_with(json);
  if (page.has_error()) {
    std::fputs(page.error().message.c_str(), stderr);
    return 77;
  }
  std::fputs(page.value().c_str(), stdout);
  return 0;
}
