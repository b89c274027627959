#include "reports/report_text.hpp"

#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlschemas.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;

namespace {

ReportDocument document_of(const Summary& summary) {
  ReportDocument document;
  document.command = "gelombang run portal_mix.lua --seed 7";
  document.seed = 7;
  document.summary = summary_json(summary);
  document.series = "{}";
  return document;
}
ReportDocument example(bool quiet) { return document_of(ExampleRun(quiet).summary()); }

FirstFailure failure(ErrorClass error, std::string detail, std::string body) {
  FirstFailure one{
      "login", "log in", std::chrono::milliseconds(32'250), WallTime(std::chrono::seconds(1'772'341'232)), {}};
  one.evidence.method = "POST";
  one.evidence.url = "http://127.0.0.1:8080/api/sessions";
  one.evidence.sample.status = 503;
  one.evidence.sample.error = error;
  one.evidence.sample.service_time = std::chrono::seconds(5);
  one.evidence.sample.phases[static_cast<std::size_t>(Phase::wait)] = std::chrono::milliseconds(4990);
  one.evidence.detail = std::move(detail);
  one.evidence.body = std::move(body);
  return one;
}

bool has(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

struct Xml {
  explicit Xml(const std::string& text)
      : document(xmlReadMemory(text.data(), static_cast<int>(text.size()), "junit.xml", nullptr, XML_PARSE_NONET),
                 xmlFreeDoc) {
    REQUIRE(document != nullptr);
  }
  // Whether the document matches the schema beside this file.
  [[nodiscard]] bool valid() const {
    using Parser = std::unique_ptr<xmlSchemaParserCtxt, decltype(&xmlSchemaFreeParserCtxt)>;
    using Schema = std::unique_ptr<xmlSchema, decltype(&xmlSchemaFree)>;
    using Validator = std::unique_ptr<xmlSchemaValidCtxt, decltype(&xmlSchemaFreeValidCtxt)>;
    const Parser parser(xmlSchemaNewParserCtxt(GELOMBANG_SOURCE_DIR "/tests/reports/junit.xsd"),
                        xmlSchemaFreeParserCtxt);
    const Schema schema(xmlSchemaParse(parser.get()), xmlSchemaFree);
    REQUIRE(schema != nullptr);
    const Validator validator(xmlSchemaNewValidCtxt(schema.get()), xmlSchemaFreeValidCtxt);
    return xmlSchemaValidateDoc(validator.get(), document.get()) == 0;
  }
  // The names of the cases that have a child with this name, such as "failure".
  [[nodiscard]] std::vector<std::string> cases_with(std::string_view outcome) const {
    std::vector<std::string> names;
    walk(xmlDocGetRootElement(document.get()), outcome, names);
    return names;
  }
  [[nodiscard]] std::string of_root(const char* attribute) const {
    return text_of(xmlDocGetRootElement(document.get()), attribute);
  }

  std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document;

 private:
  static std::string text_of(xmlNode* node, const char* attribute) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libxml2's own kind of character
    xmlChar* value = xmlGetProp(node, reinterpret_cast<const xmlChar*>(attribute));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): likewise
    std::string text = value == nullptr ? "" : reinterpret_cast<const char*>(value);
    xmlFree(value);
    return text;
  }
  static void walk(xmlNode* node, std::string_view outcome, std::vector<std::string>& names) {
    for (xmlNode* child = node->children; child != nullptr; child = child->next) {
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): likewise
      if (child->type == XML_ELEMENT_NODE && reinterpret_cast<const char*>(child->name) == outcome) {
        names.push_back(text_of(node, "name"));
      }
      walk(child, outcome, names);
    }
  }
};

}  // namespace

TEST_CASE("report as JUnit: thresholds and rules are test cases, and the file is what CI servers expect") {
  const std::string text = report_junit(example(false)).value();
  const Xml xml(text);
  CHECK(xml.valid());
  CHECK(xml.cases_with("failure") == std::vector<std::string>{"all: error_rate < 1%",
                                                              "all: served_rate > 90% allow no data",
                                                              "send photo: response_time p99 < 30s",
                                                              "photo that is \xef\xbf\xbd no text\xef\xbf\xbd[2J"});
  // The run has a script error, faults of our own, and too few mails.
  CHECK(xml.cases_with("error") == std::vector<std::string>{"the run came to a verdict", "its figures can be believed",
                                                            "all: mail_delivery p95 < 1m min 1000"});
  CHECK(has(text, "no data: "));
  CHECK(std::to_string(xml.cases_with("failure").size()) == xml.of_root("failures"));
  CHECK(std::to_string(xml.cases_with("error").size()) == xml.of_root("errors"));
}

TEST_CASE("report as JUnit: a run that passed has nothing but passed cases") {
  const Xml xml(report_junit(example(true)).value());
  CHECK(xml.valid());
  CHECK(xml.of_root("tests") == "4");
  CHECK(xml.cases_with("failure").empty());
  CHECK(xml.cases_with("error").empty());
}

TEST_CASE("report as JUnit: a run that proves nothing is never green") {
  ReportDocument cut_off = example(true);
  cut_off.state = ReportDocument::State::cut_off;
  CHECK(Xml(report_junit(cut_off).value()).cases_with("error") ==
        std::vector<std::string>{"the run came to a verdict"});
  ReportDocument under_way = example(true);
  under_way.state = ReportDocument::State::under_way;
  CHECK(Xml(report_junit(under_way).value()).cases_with("error").size() == 1);
  Summary invalid = ExampleRun(true).summary();
  invalid.validity = {ValidityState::invalid, {"schedule lag p99 of 2 s"}};
  invalid.exit_reasons = {{ExitCause::invalid_run, "the run is invalid"}};
  CHECK(Xml(report_junit(document_of(invalid)).value()).cases_with("error").size() == 2);
}

TEST_CASE("report as JUnit: hostile text stays text") {
  Summary summary = ExampleRun(true).summary();
  summary.run.scenario = "\"><!-- ]]> &amp; \x01\x1b[2J\xff\xef\xbf\xbe";
  summary.conformance.add({"</testcase>\n\"&'", "a<b", "\xc3\x28", false, 1});
  const Xml xml(report_junit(document_of(summary)).value());
  CHECK(xml.valid());
  CHECK(xml.cases_with("failure") == std::vector<std::string>{"</testcase>\n\"&'"});
}

TEST_CASE("report as Markdown: says verdict, thresholds, steps, people, mail, rules and how to run it again") {
  const std::string text = report_markdown(example(false)).value();
  CHECK(text.rfind("## SCRIPT ERROR\n", 0) == 0);
  for (const char* part : {"`log in: response_time p95 < 800ms`", "| upload/send photo |", ">= ", "### People",
                           "### Mail", "### Rules", "    gelombang run portal_mix.lua --seed 7\n", "- validity: "}) {
    CAPTURE(part);
    CHECK(has(text, part));
  }
  CHECK(report_markdown(example(true)).value().rfind("## PASS\n", 0) == 0);
}

TEST_CASE("report as Markdown: text of others is neither Markdown nor HTML, and calls nobody") {
  Summary summary = ExampleRun(true).summary();
  summary.run.target = "http://a`b|c";
  summary.steps[0].name = "<img src=x> | **bold** [a](b) @all\n# head";
  ReportDocument document = document_of(summary);
  document.annotations = {{WallTime{}, std::chrono::seconds(1), "control", "![x](http://a)\n\n<b>"}};
  const std::string text = report_markdown(document).value();
  CHECK(has(text, "&lt;img src=x&gt; &#124; \\*\\*bold\\*\\* \\[a\\](b) &#64;all?\\# head"));
  CHECK(has(text, "`http://a'b/c`"));
  CHECK(has(text, "\\!\\[x\\](http://a)??&lt;b&gt;"));
  CHECK_FALSE(has(text, "<b>"));
}

TEST_CASE("report as Markdown: the first failure of each kind, and each class in plain words") {
  ReportDocument document = example(false);
  document.first_failures.shown = {failure(ErrorClass::http_503, "", "{\"error\":\"DATABASE_BUSY\"}"),
                                   failure(ErrorClass::assert_body, "check: a list", "")};
  document.first_failures.further = 3;
  const std::string text = report_markdown(document).value();
  INFO(text);
  CHECK(has(text, "| service unavailable (http\\_503) | 30 | upload/send photo (30) |\n"));
  CHECK(has(text,
            "### The first failure of each kind\n\n#### login/log in: service unavailable (http\\_503)\n\n"
            "after 32.2 s, at 2026-03-01T05:00:32.000Z; `POST http://127.0.0.1:8080/api/sessions`, status 503, "
            "in 5.00 s: wait 4.99 s\n\n    {\"error\":\"DATABASE_BUSY\"}\n\n#### "));
  CHECK(has(text, "(assert\\_body)\n"));
  CHECK(has(text, "\n\ncheck: a list\n"));
  CHECK(has(text, "\nand 3 further kinds\n"));
  CHECK_FALSE(has(report_markdown(example(true)).value(), "first failure"));
}

TEST_CASE("report as Markdown: what a target sent stays in its block of code") {
  ReportDocument document = example(true);
  const std::string hostile = "a\n\n```\n# head\r\n\n<b>@all</b>\n\x1b[2J\xe2\x80\xa8- x\n";
  FirstFailure one = failure(ErrorClass::http_503, "check: `a` <b> @all\n# head", hostile);
  one.step = "a | <b>";
  one.evidence.url = "http://x/`|<b>";
  document.first_failures.shown = {one};
  const std::string text = report_markdown(document).value();
  const std::string part = text.substr(text.find("### The first failure"));
  INFO(part);
  CHECK(has(part, "#### login/a &#124; &lt;b&gt;: "));
  CHECK(has(part, "`POST http://x/'/<b>`"));
  CHECK(has(part, "\ncheck: \\`a\\` &lt;b&gt; &#64;all?\\# head\n"));
  CHECK(has(part, "\n\n    a\n    \n    ```\n    # head\n    \n    <b>@all</b>\n    ?[2J?- x\n"));
}

TEST_CASE("report as JSON: the first failures stand in it with their phases, and what controls a terminal does not") {
  ReportDocument document = example(true);
  document.first_failures.shown = {failure(ErrorClass::assert_body, "check: a list", "\x1b[2J\r\n\xff</script>")};
  const auto json = boost::json::parse(report_json(document));
  const auto& one = json.at("first_failures").at("shown").as_array().at(0);
  CHECK(one.at("journey") == "login");
  CHECK(one.at("step") == "log in");
  CHECK(one.at("class") == "assert_body");
  CHECK(one.at("at") == "2026-03-01T05:00:32.000Z");
  CHECK(one.at("offset_seconds").to_number<double>() == Approx(32.25));
  CHECK(one.at("method") == "POST");
  CHECK(one.at("status") == 503);
  CHECK(one.at("service_seconds").to_number<double>() == Approx(5));
  CHECK(one.at("phases_seconds").at("wait").to_number<double>() == Approx(4.99));
  CHECK(one.at("phases_seconds").at("dns").is_null());
  CHECK(one.at("says") == "check: a list");
  CHECK(one.at("body") == "?[2J\n?</script>");
  CHECK(json.at("first_failures").at("further") == 0);
}

TEST_CASE("report as text: a summary that cannot be read is one line") {
  ReportDocument document = example(true);
  document.summary = "[1]";
  CHECK(report_markdown(document).error().message == "the stored summary is no JSON object");
  CHECK(report_junit(document).has_error());
  document.summary = R"({"steps":[1],"thresholds":{},"people":null,"run":[],"verdict":7})";
  CHECK(report_markdown(document).has_value());
  CHECK(Xml(report_junit(document).value()).valid());
}
