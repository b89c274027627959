// A virtual user: plays one journey at a time as a Lua coroutine, with cookies and connections of its own. It handles
// steps, pauses, mails and further tries; its RequestPlay plays the requests. Belongs to its host's thread.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "engine/lua/user.hpp"
#include "engine/lua/vm.hpp"
#include "engine/person_visit.hpp"
#include "engine/request_play.hpp"
#include "engine/step_answer.hpp"
#include "engine/user_context.hpp"
#include "probes/http/client.hpp"
#include "probes/http/user.hpp"
#include "probes/mail/mailbox.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace gelombang {

class VirtualUser final : public LuaUser {
 public:
  explicit VirtualUser(UserContext& context);
  ~VirtualUser() override;
  VirtualUser(const VirtualUser&) = delete;
  VirtualUser& operator=(const VirtualUser&) = delete;

  // Starts an iteration. UserContext::finished follows, now or later.
  void begin(const Iteration& iteration, const Fields& person);
  // Interrupts the iteration: what is under way is recorded as interrupted. UserContext::finished follows.
  void interrupt();
  // Ends the iteration if its person waits for a further try. The person then counts as away.
  void stop_retrying();
  // Closed loads: which of the load's users this is.
  std::uint64_t place = 0;
  std::uint64_t rounds = 0;  // iterations begun

 private:
  // LuaUser
  bool in_step() const override { return visit_.step.has_value(); }
  bool step_begin(int number, std::string& problem) override;
  void step_end(ErrorClass error, const FailedCheck* failed) override;
  bool wait_to_retry(ErrorClass error) override;
  unsigned tries() const override { return visit_.attempts.tries(); }
  double trait(std::string_view name) const override { return visit_.traits.trait(name); }
  void met_limit() override { met_limit_ = true; }
  HttpRequest& new_request(HttpMethod method, std::string_view url) override;
  HttpRequest& request() override { return request_play_.request(); }
  void expect_status(int status) override { request_play_.expect_status(status); }
  void done_before(int status, std::string_view text) override { request_play_.done_before(status, text); }
  void lengthen_patience(double factor) override { request_play_.lengthen_patience(factor); }
  void wait_for_request() override { wanted_ = Wanted::request; }
  std::string cookie(std::string_view name) override;
  void wait_for_think(double shortest, double longest) override;
  void wait_for_sleep(double seconds) override;
  void wait_until(double seconds) override;
  bool wait_for_mail(std::string_view recipient, std::string_view link, double expected, double give_up) override;
  double uniform() override { return script_random_.uniform(); }
  void conformance(std::string_view rule, std::string_view expected, std::string_view got) override;
  void log(std::string_view text) override;

  enum class Wanted : std::uint8_t { nothing, request, pause, mail, retry };

  void advance(const LuaVm::Step& step);
  void start_request();
  void on_answer(const HttpResult* answer, ErrorClass error);
  void keep_evidence(StepId step, ErrorClass error, const FailedCheck& failed);
  void start_pause();
  void start_mail_wait();
  void on_mail(const MailOutcome& outcome);
  void start_retry_wait();
  // `at_step`: the person did not get through the last step.
  void finish(Outcome outcome, PersonFate fate, bool at_step);
  void finish_failed();
  void finish_away();
  // `error`: our own fault that spoilt the open step; ErrorClass::none if there was no fault.
  void finish_interrupted(ErrorClass error = ErrorClass::none);
  void set_activity(Activity activity);
  [[nodiscard]] std::string redacted(std::string_view text) const;

  UserContext& context_;
  HttpUser http_;
  PersonVisit visit_;
  RequestPlay request_play_;
  LuaVm::Coroutine coroutine_;
  boost::asio::steady_timer timer_;
  Activity activity_ = Activity::idle;
  bool interrupted_ = false;
  std::uint64_t generation_ = 0;  // of the current wait; a late callback of an older wait is ignored

  TimePoint started_{};
  TimePoint resumes_at_{};  // the intended start of the next step
  TimePoint pause_until_{};
  StepAnswer answer_;
  bool met_limit_ = false;     // the step's script has read a body that was cut to max_body
  bool unjudged_ = false;      // the step failed because of that; it counts as interrupted
  bool script_fault_ = false;  // a script error ended a step and is not reported yet
  RandomStream think_random_;
  RandomStream script_random_;
  std::optional<StepId> last_step_;  // the last one that began
  StepId failed_step_ = 0;           // the last one that failed
  ErrorClass failed_error_ = ErrorClass::none;
  NextTry next_try_;

  Wanted wanted_ = Wanted::nothing;
  Duration pause_{};
  MailExpectation mail_;
  Mailbox::ExpectationId mail_id_ = 0;
  TimePoint mail_since_{};
};

}  // namespace gelombang
