// The cost of recording: nanoseconds for one step with one request, in all histograms and counters, compared with the
// same loop with the histograms alone and with nothing. Read the ratios; the best of several rounds counts.
#include "base/random.hpp"
#include "metrics/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace {

using namespace gelombang;

constexpr std::size_t kSamples = 1 << 16;
constexpr int kRounds = 15;

struct Pair {
  RequestSample request;
  StepSample step;
  StepId id = 0;
};

// Log-normal around 50 ms, one in fifty failed, every tenth on a new connection, over ten steps.
std::vector<Pair> make_samples() {
  RandomStream random(1, RandomPurpose::draw, 0);
  std::vector<Pair> samples(kSamples);
  for (Pair& p : samples) {
    const Duration service = from_seconds(random.log_normal_between(0.01, 0.25));
    p.id = static_cast<StepId>(random.below(10));
    p.request.service_time = service;
    for (std::size_t i = random.below(10) == 0 ? 0 : 3; i < kPhaseCount; ++i) p.request.phases[i] = service / 6;
    p.request.bytes_sent = 400;
    p.request.bytes_received = 9000;
    p.request.remote.bytes[15] = static_cast<std::uint8_t>(1 + random.below(4));
    p.request.remote.port = 443;
    p.step = {service + service / 10, service, Outcome::success, ErrorClass::none};
    if (random.below(50) == 0) {
      p.request.outcome = p.step.outcome = Outcome::failure;
      p.request.error = p.step.error = ErrorClass::http_503;
    }
  }
  return samples;
}

std::shared_ptr<const MetricsLayout> ten_steps() {
  Catalog catalog;
  catalog.journeys = {"journey"};
  for (int i = 0; i < 10; ++i) catalog.steps.push_back({0, fmt::format("step {}", i)});
  return make_layout(std::move(catalog));
}

template <class Body>
double nanoseconds_per_sample(Body body) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const Duration took = std::chrono::steady_clock::now() - start;
    best = std::min(best, static_cast<double>(took.count()) / static_cast<double>(kSamples));
  }
  return best;
}

}  // namespace

int main() {
  const auto samples = make_samples();
  const auto layout = ten_steps();
  Recorder recorder(layout);
  Histogram histogram(layout->boundaries);
  std::uint64_t sum = 0;

  const double read = nanoseconds_per_sample([&] {
    for (const Pair& p : samples)
      sum += static_cast<std::uint64_t>(p.step.response_time.count()) + p.request.bytes_sent;
  });
  const double one = nanoseconds_per_sample([&] {
    for (const Pair& p : samples) histogram.record(p.step.response_time);
  });
  const auto record_all = [&] {
    for (const Pair& p : samples) {
      recorder.request(p.id, p.request, {true, 1, "web-1"});
      recorder.step(p.id, p.step);
    }
  };
  const double counts = nanoseconds_per_sample(record_all);
  // As in a run that is kept.
  recorder.keep_details({5'000, 0, 2'000, 100});
  const double all = nanoseconds_per_sample(record_all);
  Snapshot delta(layout);
  Snapshot total(layout);
  recorder.take(delta);
  const auto start = std::chrono::steady_clock::now();
  total.merge(delta);
  const Duration merge = std::chrono::steady_clock::now() - start;

  fmt::print("read a sample                 {:8.1f} ns\n", read);
  fmt::print("Histogram::record             {:8.1f} ns\n", one);
  fmt::print("  without details              {:8.1f} ns\n", counts);
  fmt::print("Recorder: request and step    {:8.1f} ns per sample ({:.1f} times one histogram)\n", all, all / one);
  fmt::print("Snapshot::merge of 10 steps   {:8.1f} us, once a second for each worker\n",
             static_cast<double>(merge.count()) / 1000);
  return sum == 0 ? 1 : 0;
}
