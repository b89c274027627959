// A portal with twelve steps at 1,000 requests/s, as the recorders of a run see it. Each second has latencies, phases,
// failures, back ends and attempts.
#pragma once

#include "base/random.hpp"
#include "metrics/recorder.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gelombang::test {

class BusyPortal {
 public:
  static constexpr std::size_t kSteps = 12;
  static constexpr std::size_t kRequestsPerSecond = 1000;

  BusyPortal() : random_(1, RandomPurpose::script, 0), layout_(make()), recorder_(layout_) {
    recorder_.keep_details({5'000, 0, 2'000, 100});
    for (std::size_t i = 0; i < back_ends_.size(); ++i) back_ends_[i] = "web-" + std::to_string(i);
  }
  [[nodiscard]] const std::shared_ptr<const MetricsLayout>& layout() const { return layout_; }
  Recorder& recorder() { return recorder_; }

  void play_second() {
    for (std::size_t i = 0; i < kRequestsPerSecond; ++i) {
      const auto step = static_cast<StepId>(i % kSteps);
      const Duration service = from_seconds(random_.log_normal_between(0.01, 0.4) * (1 + 0.3 * step));
      const bool fails = random_.below(100) == 0;
      const Outcome outcome = fails ? Outcome::failure : Outcome::success;
      const ErrorClass error = fails ? ErrorClass::http_503 : ErrorClass::none;
      RequestSample request;
      request.service_time = service;
      request.outcome = outcome;
      request.error = error;
      request.status = fails ? 503 : 200;
      for (std::size_t p = step == 0 ? 0 : 3; p < kPhaseCount; ++p) request.phases[p] = service / 6;
      request.bytes_sent = step == 7 ? 1'500'000 : 300 + random_.below(300);
      request.bytes_received = 2000 + random_.below(20'000);
      request.remote.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, static_cast<std::uint8_t>(i % 4)};
      request.remote.port = 443;
      const unsigned tries = 1 + static_cast<unsigned>(random_.below(20) == 0 ? random_.below(6) : 0);
      recorder_.attempt(step, tries == 1, tries > 1);
      recorder_.request(step, request, {tries == 1, tries, back_ends_[random_.below(back_ends_.size())]});
      recorder_.step(step, {service + from_seconds(0.001 * random_.uniform()), service, outcome, error});
      if (fails && recorder_.wants_evidence(step, error)) recorder_.evidence(evidence(step, request));
      if (step == 0) recorder_.iteration_started(0, from_seconds(0.0005 * random_.uniform()));
      if (step + 1 == kSteps) {
        recorder_.passed(step);
        recorder_.iteration_finished(0, {service * 30, Outcome::success});
        recorder_.person(0, {PersonFate::succeeded, step, ErrorClass::none, service * 30});
      }
    }
    for (int i = 0; i < 20; ++i) {
      recorder_.mail(
          {MailResult::in_time, MailFolder::inbox, from_seconds(random_.log_normal_between(1, 20)), "a.test"});
    }
  }

 private:
  static std::shared_ptr<const MetricsLayout> make() {
    Catalog catalog;
    catalog.journeys = {"registration"};
    for (std::size_t i = 0; i < kSteps; ++i) catalog.steps.push_back({0, "step " + std::to_string(i)});
    return make_layout(std::move(catalog));
  }
  static Evidence evidence(StepId step, const RequestSample& request) {
    Evidence evidence;
    evidence.step = step;
    evidence.sample = request;
    evidence.method = "POST";
    evidence.url = "https://portal.test/api/sessions";
    evidence.headers = std::string(400, 'h');
    evidence.body = std::string(Evidence::kMostBody, 'b');
    return evidence;
  }

  RandomStream random_;
  std::shared_ptr<const MetricsLayout> layout_;
  Recorder recorder_;
  std::array<std::string, 8> back_ends_;
};

}  // namespace gelombang::test
