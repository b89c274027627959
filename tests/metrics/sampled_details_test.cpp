#include "metrics/sampled_details.hpp"

#include "metrics/recorder.hpp"
#include "tests/metrics/random_run.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

RemoteAddress address(std::uint8_t last, std::uint16_t port) {
  RemoteAddress remote;
  remote.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
  remote.port = port;
  return remote;
}

RequestSample request(Duration took, Outcome outcome = Outcome::success, ErrorClass error = ErrorClass::none) {
  RequestSample sample;
  sample.service_time = took;
  sample.outcome = outcome;
  sample.error = error;
  sample.remote = address(1, 443);
  sample.bytes_sent = 400;
  return sample;
}

const DimensionCell* find(const Dimensions& dimensions, Dimension dimension, std::string_view value) {
  for (const Dimensions::Value& v : dimensions.values(dimension)) {
    if (v.name == value) return &v.cell;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("dimensions: each is counted by itself, and merges", "[unit]") {
  Recorder recorder(test::random_layout());
  recorder.keep_details({});
  recorder.request(0, request(5ms), {true, 1, "web-1"});
  recorder.request(0, request(9ms), {true, 7, "web-2"});
  recorder.request(0, request(1ms, Outcome::failure, ErrorClass::http_503), {true, 1, "web-1"});
  recorder.request(0, request(1ms, Outcome::interrupted), {true, 1, "web-1"});
  recorder.mail({MailResult::late, MailFolder::inbox, 40s, "peserta.test"});
  recorder.mail({MailResult::lost, MailFolder::inbox, 120s, "peserta.test"});
  const auto layout = test::random_layout();
  SampledDetails details(layout->boundaries);
  recorder.take(details);
  recorder.request(0, request(3ms), {true, 1, "web-1"});
  recorder.take(details);
  const DimensionCell* one = find(details.dimensions, Dimension::back_end, "web-1");
  REQUIRE(one != nullptr);
  CHECK(one->count == 3);
  CHECK(one->failures == 1);
  CHECK(one->time.count() == 2);
  CHECK(one->time.max() == 5ms);
  CHECK(find(details.dimensions, Dimension::attempt, "6-10")->count == 1);
  CHECK(find(details.dimensions, Dimension::remote_address, "10.0.0.1:443")->count == 4);
  CHECK(find(details.dimensions, Dimension::request_size, "up to 1 KB")->count == 4);
  const DimensionCell* mail = find(details.dimensions, Dimension::mail_domain, "peserta.test");
  CHECK(mail->count == 2);
  CHECK(mail->failures == 1);
  CHECK(mail->time.max() == 40s);
}

TEST_CASE("dimensions: more values than are kept are one: other", "[unit]") {
  Dimensions dimensions(std::make_shared<const LatencyBoundaries>());
  for (int i = 0; i < 1000; ++i) ++dimensions.cell(Dimension::back_end, "web-" + std::to_string(i))->count;
  for (std::uint16_t port = 1; port <= 1000; ++port) ++dimensions.cell(address(2, port))->count;
  for (const Dimension dimension : {Dimension::back_end, Dimension::remote_address}) {
    CHECK(dimensions.values(dimension).size() == Dimensions::kMaximumValues + 1);
    CHECK(find(dimensions, dimension, "other")->count == 1000 - Dimensions::kMaximumValues);
  }
  Dimensions merged(std::make_shared<const LatencyBoundaries>());
  ++merged.cell(Dimension::back_end, "first")->count;
  merged.merge(dimensions);
  CHECK(merged.values(Dimension::back_end).size() == Dimensions::kMaximumValues + 1);
  CHECK(find(merged, Dimension::back_end, "other")->count == 1000 - Dimensions::kMaximumValues + 1);
}

TEST_CASE("dimensions: what a target says is made harmless", "[unit]") {
  CHECK(dimension_value("web-1.rack:3") == "web-1.rack:3");
  CHECK(dimension_value("<b>\n\"x\"") == "_b___x_");
  CHECK(dimension_value(std::string(500, 'a')).size() == Dimensions::kLongestValue);
  CHECK(remote_text(RemoteAddress{}).empty());
  RemoteAddress six;
  six.bytes[15] = 1;
  six.port = 8443;
  CHECK(remote_text(six) == "[::1]:8443");
}

TEST_CASE("reservoir: every one of a stream has the same chance, and all fit until it is full", "[unit]") {
  constexpr std::uint64_t kSize = 100;
  constexpr std::uint64_t kStream = 2000;
  std::vector<int> kept(kStream, 0);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Reservoir reservoir(kSize, seed * 7919 + 1);
    std::vector<std::uint64_t> slots(kSize, 0);
    for (std::uint64_t i = 0; i < kStream; ++i) {
      const std::uint64_t slot = reservoir.next();
      if (i < kSize) REQUIRE(slot == i);
      if (slot != Reservoir::kPassed) slots.at(slot) = i;
    }
    for (const std::uint64_t i : slots) ++kept[i];
  }
  // 500 rounds of 100 slots for 2000 requests: each request is expected 25 times. A tenth of the stream is kept 5000
  // times, with a standard deviation of 69.
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    int sum = 0;
    for (std::size_t i = 0; i < kStream / 10; ++i) sum += kept[tenth * kStream / 10 + i];
    CHECK(sum == Approx(5000).margin(350));
  }
  Reservoir none(0, 1);
  CHECK(none.next() == Reservoir::kPassed);
  CHECK(none.next() == Reservoir::kPassed);
}

TEST_CASE("details: where a class has used up its room, the first of each further check has some", "[unit]") {
  Recorder recorder(test::random_layout());
  recorder.keep_details({10, 20, 100, 3});
  const auto give = [&recorder](std::string_view says) {
    if (!recorder.wants_evidence(0, ErrorClass::assert_body, says)) return false;
    Evidence evidence;
    evidence.sample.error = ErrorClass::assert_body;
    recorder.evidence(std::move(evidence), says);
    return true;
  };
  for (int i = 0; i < 3; ++i) CHECK(give("the banner"));
  CHECK_FALSE(give("the banner"));
  CHECK(give("the footer"));
  CHECK_FALSE(give("the footer"));
  int given = 0;
  for (int i = 0; i < 1000; ++i) given += give(std::to_string(i)) ? 1 : 0;
  CHECK(given == 19);
}

TEST_CASE("details: evidence is bounded in all and for each kind of failure", "[unit]") {
  Recorder recorder(test::random_layout());
  CHECK_FALSE(recorder.wants_evidence(0, ErrorClass::reset));
  recorder.keep_details({10, 20, 5, 3});
  const auto give = [&recorder](StepId step, ErrorClass error) {
    if (!recorder.wants_evidence(step, error)) return false;
    Evidence evidence;
    evidence.step = step;
    evidence.sample.error = error;
    recorder.evidence(std::move(evidence));
    return true;
  };
  for (int i = 0; i < 3; ++i) CHECK(give(0, ErrorClass::reset));
  CHECK_FALSE(give(0, ErrorClass::reset));
  CHECK(give(1, ErrorClass::reset));
  CHECK(give(0, ErrorClass::stall));
  CHECK_FALSE(give(2, ErrorClass::stall));
  SampledDetails details(std::make_shared<const LatencyBoundaries>());
  recorder.take(details);
  CHECK(details.evidence.size() == 5);
  for (int i = 0; i < 12; ++i) recorder.request(0, request(1ms));
  recorder.take(details);
  std::set<std::uint64_t> slots;
  for (const Attempt& attempt : details.attempts) slots.insert(attempt.slot);
  CHECK(slots.size() == 10);
  CHECK(*slots.begin() == 20);
  CHECK(*slots.rbegin() == 29);
  // If several requests take one slot between two calls of take(), only the newest is handed over.
  for (int more = 0; more < 2; ++more) {
    details.clear();
    for (int i = 0; i < 1000; ++i) recorder.request(0, request(std::chrono::milliseconds(i)));
    recorder.take(details);
    slots.clear();
    for (const Attempt& attempt : details.attempts) slots.insert(attempt.slot);
    CHECK(slots.size() == details.attempts.size());
    CHECK(!slots.empty());
  }
}
