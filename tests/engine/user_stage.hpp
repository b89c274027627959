// Virtual users that play a scenario with a server of the test, one after the other or at the same time.
#pragma once

#include "engine/lua/vm.hpp"
#include "engine/virtual_user.hpp"
#include "metrics/recorder.hpp"
#include "tests/engine/scenario_files.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gelombang::test {

// A mailbox that a test fills by hand.
class ScriptedMail final : public Mailbox {
 public:
  ScriptedMail() { cancelled.kind = MailOutcome::Kind::interrupted; }
  ExpectationId expect(MailExpectation expectation, Done done) override;
  void cancel(ExpectationId id) override;
  Tally take() override { return {}; }
  Tally finish() override { return {}; }

  std::vector<MailExpectation> expected;
  std::vector<Done> waiting;
  MailOutcome cancelled;
};

class UserStage {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  // Loads the scenario. Its target is a server whose responses `answer` gives.
  UserStage(const std::string& scenario, Answer answer);
  ~UserStage();

  // Plays an iteration to its end.
  void play(std::uint64_t index, std::size_t user = 0, const Fields& person = {});
  void play(const Iteration& iteration, std::size_t user = 0, const Fields& person = {});
  // Starts an iteration and does not wait for it.
  void begin(const Iteration& iteration, std::size_t user = 0, const Fields& person = {});
  void interrupt(std::size_t user) { user_of(user).interrupt(); }
  void stop_retrying(std::size_t user) { user_of(user).stop_retrying(); }
  // The activity that a user began last.
  [[nodiscard]] Activity activity() const { return activity_; }
  void wait_until(const std::function<bool()>& holds);
  void wait_for_end() {
    wait_until([this] { return busy_ == 0; });
  }
  [[nodiscard]] Iteration iteration(std::uint64_t index) const { return {index, 0, now()}; }
  [[nodiscard]] TimePoint now() const { return http_.clock().now(); }
  // Everything that was recorded so far.
  [[nodiscard]] const Snapshot& recorded();
  [[nodiscard]] const StepSnapshot& step(const std::string& name);
  // The end of the last iteration, as the virtual user reports it to its host.
  [[nodiscard]] const std::optional<PersonSample>& ended() const { return ended_; }
  // The visits that are in a step or between two steps.
  [[nodiscard]] std::vector<OpenVisit> under_way();
  // Single requests, failures and dimensions since the last call.
  [[nodiscard]] SampledDetails details();
  [[nodiscard]] std::vector<std::string> requests() const;  // as the server saw them
  [[nodiscard]] std::size_t connections() const { return server_.accepted(); }

  ScriptedMail mail;
  bool has_mail = true;
  TimePoint last_try = TimePoint::max();  // set this before the first iteration
  ScenarioSettings& settings() { return files_.settings; }
  ScriptedGuard& guard() { return http_.guard(); }

 private:
  VirtualUser& user_of(std::size_t number);

  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  RawServer server_;
  ScenarioFiles files_;
  PhotoStore photos_;
  HttpHarness http_;
  std::unique_ptr<LuaVm> vm_;
  Scenario scenario_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Snapshot> recorded_;
  std::unique_ptr<UserContext> context_;
  std::vector<std::unique_ptr<VirtualUser>> users_;
  std::size_t busy_ = 0;
  std::optional<PersonSample> ended_;
  Activity activity_ = Activity::idle;
};

// A scenario with the steps one, two and three and one journey, whose body begins on line 3.
std::string with_steps(const std::string& body);
// Answers every request with a 200.
std::string ok(const std::string& request);

inline std::uint64_t count_of(const StepSnapshot& step, CountedResult result) { return step.steps[result]; }

}  // namespace gelombang::test
