#include "base/json_writer.hpp"
#include "reports/summary.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

using namespace gelombang;
using namespace gelombang::test;

namespace {

// Debian's python3-jsonschema works only with Debian's python3, so PATH is not used.
std::string problem_of(const std::string& instance) {
  ChildProcess python({"/usr/bin/python3", "-c",
                       "import json, jsonschema, sys\n"
                       "schema = json.load(open(sys.argv[1]))\n"
                       "validator = jsonschema.validators.validator_for(schema)\n"
                       "validator.check_schema(schema)\n"
                       "for error in validator(schema).iter_errors(json.load(sys.stdin)):\n"
                       "    print(list(error.absolute_path), error.message[:200])\n",
                       std::string(GELOMBANG_SOURCE_DIR) + "/docs/summary.schema.json"},
                      {{}, {}, instance});
  const int code = python.wait();
  return python.standard_output() + (code == 0 ? "" : python.standard_error() + "exit " + std::to_string(code));
}

}  // namespace

TEST_CASE("summary schema: real summaries are valid", "[integration]") {
  CHECK(problem_of(summary_json(ExampleRun(true).summary())) == "");
  CHECK(problem_of(summary_json(ExampleRun(false).summary())) == "");
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  CHECK(problem_of(summary_json(make_summary({}, Snapshot(make_layout(catalog)), {}, {}))) == "");
}

TEST_CASE("summary schema: a field too many, too few or of another type is noticed", "[integration]") {
  namespace json = boost::json;
  const json::value good = json::parse(summary_json(ExampleRun(false).summary()));
  const auto broken = [&good](auto change) {
    json::value v = good;
    change(v.as_object());
    return problem_of(to_json_text(v));
  };
  CHECK(broken([](json::object& o) { o["extra"] = 1; }) != "");
  CHECK(broken([](json::object& o) { o.erase("verdict"); }) != "");
  CHECK(broken([](json::object& o) { o["verdict"] = "passed"; }) != "");
  CHECK(broken([](json::object& o) { o["steps"].at(0).as_object()["extra"] = 1; }) != "");
  CHECK(broken([](json::object& o) { o["steps"].at(0).as_object()["phases"].as_object().erase("tls"); }) != "");
  CHECK(broken([](json::object& o) { o["run"].as_object()["started_at"] = "now"; }) != "");
  CHECK(broken([](json::object& o) { o["arrivals"].as_object()["dropped"].as_object()["other"] = 0; }) != "");
}
