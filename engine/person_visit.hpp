// One person's visit while a virtual user plays it: who the person is, how far the visit has come, and what the target
// handed out.
#pragma once

#include "base/clock.hpp"
#include "engine/lua/vm.hpp"
#include "engine/people/behaviour.hpp"
#include "engine/people/step_attempts.hpp"
#include "engine/privacy/redactor.hpp"
#include "engine/privacy/seen_secrets.hpp"
#include "engine/scenario/scenario.hpp"
#include "engine/step_clock.hpp"
#include "metrics/under_way.hpp"

#include <optional>
#include <string>

namespace gelombang {

struct PersonVisit {
  Iteration iteration;
  Fields person;
  PersonTraits traits;
  std::optional<NetworkId> network;
  OpenVisits::Id id = OpenVisits::kNone;  // assigned by the recorder

  StepAttempts attempts;
  std::optional<StepId> step;  // the open step
  StepClock step_clock;

  TimePoint last_byte{};  // of the last request, which may have caused a mail
  Duration last_request_took{};
  SeenSecrets secrets;
  std::string mail_link;  // of the last mail

  // Forgets the previous visit.
  void begin(const Scenario& scenario, const ScenarioSettings& settings, const Iteration& now_played,
             const Fields& who);
  // Knows the person's data, the run's secrets, and what the target handed out.
  [[nodiscard]] Redactor redactor(const ScenarioSettings& settings) const;
};

}  // namespace gelombang
