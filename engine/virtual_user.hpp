// A virtual user: plays one journey at a time as a Lua coroutine, with cookies and connections of its
// own, and records what it meets. Belongs to its worker's thread.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "engine/lua/user.hpp"
#include "engine/lua/vm.hpp"
#include "engine/people/visit.hpp"
#include "engine/privacy/redactor.hpp"
#include "engine/step_clock.hpp"
#include "metrics/recorder.hpp"
#include "probes/http/client.hpp"
#include "probes/mail/watcher.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

// What a virtual user waits for.
enum class Activity : std::uint8_t { idle, requesting, pausing, waiting_for_mail, retrying };

class VirtualUser;

// What a virtual user needs of its worker.
struct UserContext {
  const Scenario& scenario;
  const ScenarioSettings& settings;
  const Clock& clock;
  boost::asio::io_context& io;
  LuaVm& vm;
  HttpClient& http;
  Recorder& recorder;
  MailWatcher* mail = nullptr;
  std::function<void(VirtualUser&)> finished;  // may be called from begin()
  std::function<void(Activity from, Activity to)> activity_changed;
  // Whoever would try again later than this comes back after the run.
  TimePoint last_try = TimePoint::max();
};

class VirtualUser final : public LuaUser {
 public:
  explicit VirtualUser(UserContext& context);
  ~VirtualUser() override;
  VirtualUser(const VirtualUser&) = delete;
  VirtualUser& operator=(const VirtualUser&) = delete;

  // Starts an iteration; finished() follows, now or later.
  void begin(const Iteration& iteration, const Fields& person);
  // Cuts the iteration off: what is under way is recorded as interrupted. finished() follows.
  void interrupt();
  // Whoever waits for a further try comes back after the run instead.
  void stop_retrying();
  // Closed loads: which of the load's users this is.
  std::uint64_t place = 0;
  std::uint64_t rounds = 0;  // iterations begun

 private:
  // LuaUser
  bool in_step() const override { return step_ >= 0; }
  bool step_begin(int number, std::string& problem) override;
  void step_end(ErrorClass error, const FailedCheck* failed) override;
  bool wait_to_retry(ErrorClass error) override;
  unsigned tries() const override { return visit_.tries(); }
  double trait(std::string_view name) const override { return temper_.trait(name); }
  void met_limit() override { met_limit_ = true; }
  HttpRequest& new_request(HttpMethod method, std::string_view url) override;
  HttpRequest& request() override { return request_; }
  void expect_status(int status) override { expected_.push_back(status); }
  void done_before(int status, std::string_view text) override { done_before_ = {status, std::string(text)}; }
  void lengthen_patience(double factor) override { patience_factor_ = factor; }
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
  [[nodiscard]] bool guards_hold() const;
  void refuse_request();
  void start_transfer(bool second);
  void cancel_transfers(Outcome outcome);
  void on_response(HttpResult& result, bool second);
  void on_both_answered();  // of two presses
  // To the script.
  void show(const HttpResult& result);
  // `done`: this may be an answer to what has been done before.
  void judge(HttpResult& result, bool done) const;
  void record_response(HttpResult& result, bool second);
  void note_back_end(const HttpResponse& response);
  void keep_evidence(StepId step, const HttpResult& result);
  void keep_evidence(StepId step, ErrorClass error, const FailedCheck& failed);
  // What the script may judge later, after a pause.
  void keep_answer(const HttpResult& answer);
  // What a person does while a page loads: press again, lose patience.
  void watch_request();
  void on_watch();
  [[nodiscard]] bool expects(int status) const;
  [[nodiscard]] bool says_done_before(const HttpResponse& response) const;
  void resume_with_response(const HttpResponse& response, ErrorClass error);
  void start_pause();
  void start_mail_wait();
  void on_mail(const MailOutcome& outcome);
  void start_retry_wait();
  // `at_step`: without getting through the last step.
  void finish(Outcome outcome, PersonFate fate, bool at_step);
  void finish_failed();
  void finish_away();
  // `error`: a fault of ours that had spoilt the step before.
  void finish_interrupted(ErrorClass error = ErrorClass::none);
  void set_activity(Activity activity);
  void remember_secret(std::string_view value, std::string_view cookie = {});
  void remember_link(std::string_view link);
  void remember_cookie(std::string_view cookie);  // as Set-Cookie says it
  void remember_cookies(const HttpResult& result);
  [[nodiscard]] Redactor redactor() const;
  [[nodiscard]] std::string redacted(std::string_view text) const;

  UserContext& context_;
  HttpUser http_;
  LuaVm::Coroutine coroutine_;
  boost::asio::steady_timer timer_;
  Activity activity_ = Activity::idle;
  bool interrupted_ = false;
  std::uint64_t generation_ = 0;  // of the wait that is under way; a late answer to an older one is ignored

  Iteration iteration_;
  Fields person_;
  TimePoint started_{};
  TimePoint resumes_at_{};  // the intended start of the next step
  TimePoint last_byte_{};   // of the last request: what caused a mail
  Duration last_request_took_{};
  TimePoint pause_until_{};
  bool met_limit_ = false;     // the step's script has read a body of which only the beginning was kept
  bool unjudged_ = false;      // and failed over it: the failed step is nobody's failure
  bool script_fault_ = false;  // a step ended by a script error that nobody has reported yet
  RandomStream think_random_;
  RandomStream script_random_;
  int step_ = -1;  // the open step's id
  StepClock step_clock_;
  OpenVisits::Id visit_id_ = OpenVisits::kNone;  // the recorder's
  std::optional<StepId> last_step_;              // that began
  StepId failed_step_ = 0;                       // the last failure
  ErrorClass failed_error_ = ErrorClass::none;
  Temper temper_;
  Visit visit_;
  std::optional<NetworkId> network_;
  NextTry next_try_;

  Wanted wanted_ = Wanted::nothing;
  HttpRequest request_;
  std::vector<int> expected_;
  struct DoneBefore {
    int status = 0;  // 0: no answer says so
    std::string text;
  };
  DoneBefore done_before_;
  // The open step's last answer: while the script runs that was given it, and after a pause the beginning of it.
  const HttpResult* answer_ = nullptr;
  std::unique_ptr<HttpResult> kept_answer_;
  TransferId transfer_ = 0;         // 0: none is under way
  TransferId second_transfer_ = 0;  // the same request, sent once more
  TimePoint request_began_{};
  std::string back_end_;  // that answered last, as the scenario tells them apart
  double patience_factor_ = 1;
  std::optional<TimePoint> patience_ends_;
  std::optional<TimePoint> second_press_;
  bool pressed_twice_ = false;
  struct Answer {
    HttpResult result;
    bool second = false;
  };
  std::vector<Answer> answers_;  // to two presses, as they came
  Duration pause_{};
  MailExpectation mail_;
  MailWatcher::ExpectationId mail_id_ = 0;
  TimePoint mail_since_{};
  std::string mail_link_;  // of the iteration's last mail
  struct SeenSecret {
    std::string value;
    std::string cookie;  // its name; empty: of a mail's link
  };
  std::deque<SeenSecret> seen_secrets_;  // the newest cookies and mail links of this iteration
  std::size_t seen_bytes_ = 0;           // of all of them
  std::string raw_back_end_;             // as its answer has it
};

}  // namespace gelombang
