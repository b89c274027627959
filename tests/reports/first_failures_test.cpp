#include "reports/first_failures.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const MetricsLayout> layout_of(std::size_t steps) {
  Catalog catalog{{"login"}, {}};
  for (std::size_t i = 0; i < steps; ++i) catalog.steps.push_back({0, "step " + std::to_string(i)});
  return make_layout(std::move(catalog));
}

Evidence failure(StepId step, ErrorClass error, std::string detail = {}, std::string body = {}) {
  Evidence evidence;
  evidence.step = step;
  evidence.sample.outcome = Outcome::failure;
  evidence.sample.error = error;
  evidence.detail = std::move(detail);
  evidence.body = std::move(body);
  return evidence;
}

std::vector<std::string> shown(const FirstFailureList& list) {
  std::vector<std::string> all;
  for (const FirstFailure& one : list.shown) {
    all.push_back(one.step + " " + std::string(name(one.evidence.sample.error)) + " " + one.evidence.body);
  }
  return all;
}

}  // namespace

TEST_CASE("first failures: one of each step and class, the earliest, by time", "[unit]") {
  FirstFailures failures(layout_of(3));
  failures.add(5s, failure(1, ErrorClass::http_503, "", "b"));
  failures.add(3s, failure(1, ErrorClass::http_503, "", "a"));
  failures.add(9s, failure(1, ErrorClass::http_503, "", "c"));
  failures.add(1s, failure(2, ErrorClass::http_503, "", "d"));
  failures.add(4s, failure(1, ErrorClass::reset, "", "e"));
  const WallTime started(std::chrono::seconds(1000));
  const FirstFailureList list = failures.list(started);
  CHECK(shown(list) == std::vector<std::string>{"step 2 http_503 d", "step 1 http_503 a", "step 1 reset e"});
  CHECK(list.further == 0);
  CHECK(list.shown[0].journey == "login");
  CHECK(list.shown[1].offset == 3s);
  CHECK(list.shown[1].at == WallTime(std::chrono::seconds(1003)));
}

TEST_CASE("first failures: two checks of a step are two kinds, and a client's varying words are none", "[unit]") {
  FirstFailures failures(layout_of(1));
  failures.add(1s, failure(0, ErrorClass::assert_body, "check: a list", "1"));
  failures.add(2s, failure(0, ErrorClass::assert_body, "check: a name", "2"));
  failures.add(3s, failure(0, ErrorClass::assert_body, "check: a list", "3"));
  const std::string refused(info(ErrorClass::tcp_refused).text);
  failures.add(4s, failure(0, ErrorClass::tcp_refused, refused + " (after 3 ms)", "4"));
  failures.add(5s, failure(0, ErrorClass::tcp_refused, refused + " (after 7 ms)", "5"));
  CHECK(shown(failures.list({})) ==
        std::vector<std::string>{"step 0 assert_body 1", "step 0 assert_body 2", "step 0 tcp_refused 4"});
}

TEST_CASE("first failures: the list is bounded, in all and for a scenario that says something else each time",
          "[unit]") {
  FirstFailures failures(layout_of(30));
  for (int i = 0; i < 50; ++i) failures.add(i * 1s, failure(0, ErrorClass::assert_body, "check: " + std::to_string(i)));
  for (StepId step = 1; step < 30; ++step) failures.add(100s, failure(step, ErrorClass::http_500));
  const FirstFailureList list = failures.list({});
  CHECK(list.shown.size() == FirstFailures::kMostShown);
  CHECK(std::count_if(list.shown.begin(), list.shown.end(), [](const FirstFailure& one) {
          return one.step == "step 0";
        }) == static_cast<std::ptrdiff_t>(FirstFailures::kMostOfClass));
  CHECK(list.further == 50 + 29 - FirstFailures::kMostShown);
}

TEST_CASE("first failures: what they say", "[unit]") {
  RequestSample sample;
  CHECK(phases_text(sample).empty());
  sample.service_time = 5s;
  CHECK(phases_text(sample) == "in 5.00 s");
  sample.phases = {0s, RequestSample::kNotReached, RequestSample::kNotReached, 1ms, 4999ms, RequestSample::kNotReached};
  CHECK(phases_text(sample) == "in 5.00 s: send 1.00 ms, wait 5.00 s");
  CHECK(particulars(failure(0, ErrorClass::http_503)).empty());
  CHECK(particulars(failure(0, ErrorClass::http_503, "expected status 200")) == "expected status 200");
  CHECK(words_beyond_class(failure(0, ErrorClass::http_503, "expected status 200")) == "expected status 200");
  const std::string chain(info(ErrorClass::tls_chain).text);
  CHECK(words_beyond_class(failure(0, ErrorClass::tls_chain, chain + " (self-signed certificate)")) ==
        "self-signed certificate");
  CHECK(words_beyond_class(failure(0, ErrorClass::tls_chain, chain + ": before the request")) == "before the request");
  CHECK(words_beyond_class(failure(0, ErrorClass::tls_chain, chain)).empty());
}
