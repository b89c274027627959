#include "engine/person_visit.hpp"

namespace gelombang {

void PersonVisit::begin(const Scenario& scenario, const ScenarioSettings& settings, const Iteration& now_played,
                        const Fields& who) {
  iteration = now_played;
  person = who;
  traits = PersonTraits(scenario.behaviour_of(iteration.journey), settings.seed, iteration.index);
  network = scenario.network_of(settings.seed, iteration.index);
  attempts.begin(scenario.catalog.steps.size());
  step.reset();
  last_request_took = Duration::zero();
  secrets.clear();
  mail_link.clear();
}

Redactor PersonVisit::redactor(const ScenarioSettings& settings) const {
  Redactor redactor;
  for (const auto& [key, value] : person) {
    if (key != "index") redactor.add(value);
  }
  for (const auto& [key, value] : settings.secrets) redactor.add(value);
  secrets.add_to(redactor);
  return redactor;
}

}  // namespace gelombang
