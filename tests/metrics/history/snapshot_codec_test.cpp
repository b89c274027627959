#include "metrics/history/snapshot_codec.hpp"

#include "base/varint.hpp"
#include "tests/metrics/random_run.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const Snapshot& snapshot) {
  std::string bytes;
  encode(snapshot, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("snapshot codec: what is read is what was written, to the last count", "[unit]") {
  const auto layout = test::random_layout();
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Recorder recorder(layout);
    test::RandomRun(seed).record(recorder, 500);
    const Snapshot written = recorder.take();
    // The earlier content of the snapshot does not matter.
    Snapshot read(layout);
    test::RandomRun(seed + 10).record(recorder, 100);
    recorder.take(read);
    REQUIRE(decode(bytes_of(written), StoredErrorClasses(), read));
    CHECK(bytes_of(read) == bytes_of(written));
    for (std::size_t i = 0; i < written.steps.size(); ++i) {
      const StepSnapshot& a = written.steps[i];
      const StepSnapshot& b = read.steps[i];
      CHECK(a.steps.by_result == b.steps.by_result);
      CHECK(a.requests.by_error == b.requests.by_error);
      CHECK(a.response_time.observed.sum_nanoseconds() == b.response_time.observed.sum_nanoseconds());
      CHECK(a.response_time.censored.min() == b.response_time.censored.min());
      CHECK(a.response_time.observed.clamped() == b.response_time.observed.clamped());
      CHECK(percentile(a.response_time, 0.95) == percentile(b.response_time, 0.95));
      for (std::size_t k = 0; k < a.response_time.observed.boundaries().values().size(); ++k) {
        CHECK(a.response_time.observed.count_up_to(k) == b.response_time.observed.count_up_to(k));
      }
      CHECK(a.people.lost == b.people.lost);
      CHECK(a.people.ended == b.people.ended);
      CHECK(a.people.ended_after == b.people.ended_after);
      CHECK(a.people.calm_requests == b.people.calm_requests);
    }
    CHECK(read.script_errors.first->text == written.script_errors.first->text);
    CHECK(read.conformance.rows.size() == written.conformance.rows.size());
  }
}

TEST_CASE("snapshot codec: intervals that were stored merge to the very totals", "[unit]") {
  const auto layout = test::random_layout();
  test::RandomRun run(7);
  Recorder recorder(layout);
  Snapshot totals(layout);
  Snapshot restored(layout);
  Snapshot read(layout);
  for (int second = 0; second < 50; ++second) {
    run.record(recorder, run.below(40));
    const Snapshot delta = recorder.take();
    totals.merge(delta);
    REQUIRE(decode(bytes_of(delta), StoredErrorClasses(), read));
    restored.merge(read);
  }
  CHECK(bytes_of(restored) == bytes_of(totals));
}

TEST_CASE("snapshot codec: error classes keep their meaning where the list has grown", "[unit]") {
  const auto layout = test::random_layout();
  Recorder recorder(layout);
  recorder.step(0, {1s, 1s, Outcome::failure, static_cast<ErrorClass>(2)});
  const std::string bytes = bytes_of(recorder.take());
  Snapshot read(layout);
  // The program that wrote the bytes had another second class.
  const auto classes = StoredErrorClasses::from_names("none reset http_503 abandoned");
  REQUIRE(decode(bytes, classes.value(), read));
  CHECK(read.steps[0].steps[ErrorClass::http_503] == 1);
  CHECK(StoredErrorClasses::from_names("none of_the_future").has_error());
  CHECK(StoredErrorClasses::from_names(StoredErrorClasses::names()).value().size() == kErrorClassCount);
}

TEST_CASE("snapshot codec: damaged bytes are refused, wherever they are cut or changed", "[unit]") {
  const auto layout = test::random_layout();
  Recorder recorder(layout);
  test::RandomRun(5).record(recorder, 40);
  const std::string good = bytes_of(recorder.take());
  Snapshot read(layout);
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK_FALSE(decode(std::string_view(good).substr(0, length), StoredErrorClasses(), read));
  }
  CHECK_FALSE(decode(good + '\0', StoredErrorClasses(), read));
  // A changed byte may give other figures, but nothing worse.
  test::RandomRun random(6);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    bad[random.below(bad.size())] = static_cast<char>(random.below(256));
    if (decode(bad, StoredErrorClasses(), read)) CHECK(bytes_of(read).size() < 2 * good.size());
  }
  const auto other = make_layout(Catalog{{"one"}, {}});
  Snapshot elsewhere(other);
  CHECK_FALSE(decode(good, StoredErrorClasses(), elsewhere));
}

TEST_CASE("snapshot codec: counts that contradict each other are no histogram", "[unit]") {
  Histogram histogram(std::make_shared<const LatencyBoundaries>());
  histogram.record(5ms);
  histogram.record(7ms);
  std::string good;
  encode(histogram, good);
  CHECK(decode(good, histogram));
  Histogram::Parts parts;
  parts.buckets = {{100, 1}};
  parts.at_boundary[0] = 2;
  CHECK_FALSE(histogram.restore(parts));
  parts.at_boundary[0] = 1;
  CHECK_FALSE(histogram.restore(parts));  // no minimum in that bucket
  CHECK(histogram.empty());
  parts.buckets = {{100, std::numeric_limits<std::uint64_t>::max()}, {101, 2}};
  CHECK_FALSE(histogram.restore(parts));
}

TEST_CASE("snapshot codec: packed bytes say how long they are, and cannot grow beyond a limit", "[unit]") {
  const std::string text(100'000, 'x');
  const std::string small = packed(text);
  CHECK(small.size() < 1000);
  CHECK(unpacked(small, 100'000).value() == text);
  CHECK(unpacked(small, 99'999).has_error());
  CHECK(unpacked(small.substr(0, small.size() - 1), 100'000).has_error());
  CHECK(unpacked("", 10).has_error());
  std::string boast;
  put_varint(boast, 1U << 30U);
  CHECK(unpacked(boast + small.substr(3), std::size_t{1} << 31U).has_error());
  CHECK(unpacked(packed(""), 10).value().empty());
}

TEST_CASE("snapshot codec: who is under way is read as it was written, and nothing else is taken for it", "[unit]") {
  const auto layout = test::random_layout();
  UnderWay written(*layout);
  const OpenStep step{1, TimePoint(1s), TimePoint(2s), {}, {}};
  written.add(std::vector<OpenVisit>{{0, TimePoint(), TimePoint(1s), step}, {0, TimePoint(), TimePoint(), {}}},
              TimePoint(9s));
  written.mail.record(3s);
  std::string bytes;
  encode(written, bytes);
  UnderWay read(*layout);
  read.mail.record(1s);
  REQUIRE(decode(bytes, read));
  CHECK(read.steps[1].response_time.max() == 8s);
  CHECK(read.steps[1].service_time.max() == 7s);
  CHECK(read.steps[0].response_time.empty());
  CHECK(read.journeys[0].duration.count() == 2);
  CHECK(read.journeys[0].person_time.min() == 9s);
  CHECK(read.mail.count() == 1);
  CHECK(read.mail.max() == 3s);
  for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(decode(bytes.substr(0, length), read));
}
