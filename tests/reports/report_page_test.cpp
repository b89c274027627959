#include "reports/report_page.hpp"

#include "reports/report_document.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

using namespace gelombang;

TEST_CASE("report page: JSON inside of a script is the same value and cannot end the script") {
  const std::string json = "{\"a\":\"</script><!-- & \xe2\x80\xa8\xe2\x80\xa9 \xe2\x80\xa6\"}";
  const std::string safe = script_safe(json);
  CHECK(safe == "{\"a\":\"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028\\u2029 \xe2\x80\xa6\"}");
  CHECK(boost::json::parse(safe) == boost::json::parse(json));
}

TEST_CASE("report page: a character that is cut off at the end does not run over it") {
  CHECK(script_safe("\xe2\x80") == "\xe2\x80");
  CHECK(script_safe("\xe2") == "\xe2");
  CHECK(script_safe("").empty());
}

TEST_CASE("report page: the run stands in its place, or one line says how to get the page") {
  const auto page = page_with(R"({"a":"<b>"})");
  if (page.has_error()) {
    CHECK(page.error().message.find("./dev web") != std::string::npos);
    return;
  }
  CHECK(page.value().find(R"(id="data">{"a":"\u003cb\u003e"}</script>)") != std::string::npos);
  CHECK(page.value().find("@DATA@") == std::string::npos);
  // The page fetches nothing: the only addresses are names such as that of SVG.
  CHECK(page.value().find("src=") == std::string::npos);
  CHECK(page.value().find("@import") == std::string::npos);
}

TEST_CASE("report document: holds what it was given, with text that is none made harmless") {
  ReportDocument document;
  document.state = ReportDocument::State::cut_off;
  document.seed = 18'446'744'073'709'551'615ULL;
  document.annotations = {{WallTime{}, std::chrono::milliseconds(1500), "control", "half \xff the \"rate\"\n"}};
  document.summary = R"({"verdict":"pass"})";
  document.series = "{}";
  const auto json = boost::json::parse(report_json(document));
  CHECK(json.at("schema") == "gelombang.report/1");
  CHECK(json.at("state") == "cut_off");
  CHECK(json.at("seed") == "18446744073709551615");
  CHECK(json.at("command").is_null());
  CHECK(json.at("plan").is_null());
  const auto& annotation = json.at("annotations").as_array().at(0);
  CHECK(annotation.at("at") == "1970-01-01T00:00:00.000Z");
  CHECK(annotation.at("offset_seconds").to_number<double>() == 1.5);
  CHECK(annotation.at("text") == "half \xef\xbf\xbd the \"rate\"\n");
  CHECK(json.at("summary").at("verdict") == "pass");
}
