#include "engine/virtual_user.hpp"

#include "base/log.hpp"
#include "engine/lua/support.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

namespace gelombang {
namespace {

// Those that judge what an answer holds.
bool is_of_content(ErrorClass error) noexcept {
  return error == ErrorClass::assert_body || error == ErrorClass::assert_redirect_login ||
         error == ErrorClass::captcha_page;
}

// Once: it is the same for everybody.
void say_unjudged(const std::string& step) {
  static std::atomic_flag said;
  if (said.test_and_set()) return;
  spdlog::warn("step '{}': an answer is longer than what is kept of it (max_body): it is not judged", step);
}

}  // namespace

VirtualUser::VirtualUser(UserContext& context)
    : context_(context),
      http_(context.http),
      timer_(context.io),
      think_random_(0, RandomPurpose::think, 0),
      script_random_(0, RandomPurpose::script, 0) {}

VirtualUser::~VirtualUser() { context_.vm.release(coroutine_); }

void VirtualUser::begin(const Iteration& iteration, const Fields& person) {
  iteration_ = iteration;
  person_ = person;
  interrupted_ = false;
  step_ = -1;
  seen_secrets_.clear();
  mail_link_.clear();
  seen_bytes_ = 0;
  answers_.clear();
  back_end_.clear();
  raw_back_end_.clear();
  script_fault_ = false;
  last_step_.reset();
  failed_error_ = ErrorClass::none;
  temper_ = Temper(context_.scenario.behaviour_of(iteration.journey), context_.settings.seed, iteration.index);
  network_ = context_.scenario.network_of(context_.settings.seed, iteration.index);
  http_.set_network(network_ ? &context_.scenario.networks[*network_].profile : nullptr);
  visit_.begin(context_.scenario.catalog.steps.size());
  last_request_took_ = Duration::zero();
  think_random_ = RandomStream(context_.settings.seed, RandomPurpose::think, iteration.index);
  script_random_ = RandomStream(context_.settings.seed, RandomPurpose::script, iteration.index);
  started_ = context_.clock.now();
  resumes_at_ = iteration.intended;
  last_byte_ = started_;
  visit_id_ = context_.recorder.visit_began(iteration.journey, iteration.intended, started_);
  if (coroutine_.state() == nullptr) coroutine_ = context_.vm.create_coroutine();
  advance(context_.vm.begin(coroutine_, *this, iteration, person_));
}

void VirtualUser::interrupt() {
  interrupted_ = true;
  switch (activity_) {
    case Activity::idle: break;
    case Activity::requesting: cancel_transfers(Outcome::interrupted); break;
    case Activity::waiting_for_mail: context_.mail->cancel(mail_id_); break;
    case Activity::pausing:
      ++generation_;
      timer_.cancel();
      // The whole pause was booked when it began; what is left of it did not happen.
      if (step_ >= 0) step_clock_.paused(std::min(Duration::zero(), context_.clock.now() - pause_until_), resumes_at_);
      finish_interrupted();
      break;
    case Activity::retrying: stop_retrying(); break;
  }
}

void VirtualUser::set_activity(Activity activity) {
  if (activity == activity_) return;
  context_.activity_changed(activity_, activity);
  activity_ = activity;
}

// Steps ---------------------------------------------------------------------------------------------

bool VirtualUser::step_begin(int number, std::string& problem) {
  if (step_ >= 0) {
    problem = fmt::format("a step inside the step '{}': steps do not nest",
                          context_.scenario.catalog.steps[static_cast<StepId>(step_)].name);
    return false;
  }
  step_ = context_.vm.step_id(iteration_.journey, number);
  if (step_ < 0) {
    problem = fmt::format("this step is not listed in the journey '{}': add it to its steps = {{ ... }}",
                          context_.scenario.catalog.journeys[iteration_.journey]);
    return false;
  }
  met_limit_ = false;
  answer_ = nullptr;
  kept_answer_.reset();
  step_clock_.begin(resumes_at_);
  last_step_ = static_cast<StepId>(step_);
  const Visit::Attempt attempt = visit_.attempt(*last_step_);
  context_.recorder.attempt(*last_step_, attempt.reached, attempt.again, visit_id_, resumes_at_, context_.clock.now());
  return true;
}

void VirtualUser::step_end(ErrorClass error, const FailedCheck* failed) {
  if (step_ < 0) return;
  if (error == ErrorClass::generator_script) script_fault_ = true;
  unjudged_ = std::exchange(met_limit_, false) && is_of_content(error);
  if (unjudged_) {
    say_unjudged(context_.scenario.catalog.steps[static_cast<StepId>(step_)].name);
    error = ErrorClass::none;
  } else if (failed != nullptr) {
    keep_evidence(static_cast<StepId>(step_), error, *failed);
  }
  kept_answer_.reset();
  const Outcome outcome = unjudged_                        ? Outcome::interrupted
                          : error == ErrorClass::none      ? Outcome::success
                          : error == ErrorClass::abandoned ? Outcome::abandoned
                                                           : Outcome::failure;
  // Any other than an abandoned one ended with its last byte.
  const TimePoint now = outcome == Outcome::abandoned ? context_.clock.now() : last_byte_;
  context_.recorder.step(static_cast<StepId>(step_), step_clock_.finish(outcome, error, now), visit_id_);
  resumes_at_ = step_clock_.resumes_at();
  if (outcome == Outcome::success) {
    temper_.succeeded(static_cast<StepId>(step_));
    if (visit_.succeed()) context_.recorder.passed(static_cast<StepId>(step_));
  } else {
    failed_step_ = static_cast<StepId>(step_);
    failed_error_ = error;
  }
  step_ = -1;
}

// Pauses --------------------------------------------------------------------------------------------

void VirtualUser::wait_for_think(double shortest, double longest) {
  pause_ = from_seconds(think_random_.log_normal_between(shortest, longest));
  wanted_ = Wanted::pause;
}

void VirtualUser::wait_for_sleep(double seconds) {
  pause_ = from_seconds(seconds);
  wanted_ = Wanted::pause;
}

void VirtualUser::wait_until(double seconds) {
  const TimePoint from = step_ >= 0 ? context_.clock.now() : resumes_at_;
  pause_ = std::max(Duration::zero(), iteration_.intended + from_seconds(seconds) - from);
  wanted_ = Wanted::pause;
}

void VirtualUser::start_pause() {
  set_activity(Activity::pausing);
  TimePoint until;
  if (step_ >= 0) {
    const TimePoint now = context_.clock.now();
    until = now + pause_;
    step_clock_.paused(pause_, until);
    context_.recorder.paused(visit_id_, now, until);
  } else {
    // Between steps the deadline is absolute: a late wake-up shows in the next step's response time.
    until = resumes_at_ + pause_;
    resumes_at_ = until;
  }
  pause_until_ = until;
  timer_.expires_at(until);
  timer_.async_wait([this, generation = ++generation_](const boost::system::error_code& error) {
    if (error || generation != generation_) return;
    advance(context_.vm.resume(coroutine_, *this, 0));
  });
}

// Further tries -------------------------------------------------------------------------------------

bool VirtualUser::wait_to_retry(ErrorClass error) {
  if (unjudged_) return false;
  next_try_ = temper_.after_failure(failed_step_, error);
  if (next_try_.kind == NextTry::Kind::none) return false;
  wanted_ = Wanted::retry;
  return true;
}

void VirtualUser::start_retry_wait() {
  const TimePoint until = resumes_at_ + next_try_.wait;
  if (until >= context_.last_try) return finish_away();
  set_activity(Activity::retrying);
  const bool anew = temper_.behaviour()->again == Behaviour::Again::journey;
  if (anew) {
    visit_.restart();
  } else {
    visit_.retry();
  }
  // Nobody keeps a page open until the evening.
  if (next_try_.kind == NextTry::Kind::after_pause) http_.disconnect();
  resumes_at_ = until;
  timer_.expires_at(until);
  timer_.async_wait([this, anew, generation = ++generation_](const boost::system::error_code& error) {
    if (error || generation != generation_) return;
    lua::push(coroutine_.state(), anew ? "journey" : "step");
    advance(context_.vm.resume(coroutine_, *this, 1));
  });
}

void VirtualUser::stop_retrying() {
  if (activity_ != Activity::retrying) return;
  ++generation_;
  timer_.cancel();
  finish_away();
}

// Mail ----------------------------------------------------------------------------------------------

bool VirtualUser::wait_for_mail(std::string_view recipient, std::string_view link, double expected, double give_up) {
  if (context_.mail == nullptr) return false;
  mail_ = MailExpectation{};
  mail_.recipient = recipient;
  mail_.link_text = link;
  mail_.caused_at = last_byte_;
  mail_.expected_within = from_seconds(expected);
  mail_.give_up_after = from_seconds(give_up);
  // A portal that is slow to answer may have sent the mail long before.
  mail_.request_time = std::max(mail_.request_time, last_request_took_);
  // A try whose answer never came may have sent it, too.
  if (visit_.has_retried()) mail_.request_time = std::max(mail_.request_time, last_byte_ - started_);
  wanted_ = Wanted::mail;
  return true;
}

void VirtualUser::start_mail_wait() {
  set_activity(Activity::waiting_for_mail);
  mail_since_ = context_.clock.now();
  context_.recorder.paused(visit_id_, mail_since_, TimePoint::max());
  // The watcher's thread answers; this user stays parked until it has.
  mail_id_ = context_.mail->expect(mail_, [this](MailOutcome outcome) {
    boost::asio::post(context_.io, [this, outcome = std::move(outcome)] { on_mail(outcome); });
  });
}

void VirtualUser::on_mail(const MailOutcome& outcome) {
  const TimePoint now = context_.clock.now();
  step_clock_.paused(now - mail_since_, now);
  context_.recorder.resumed(visit_id_, now);
  ErrorClass error = outcome.error;
  if (outcome.kind == MailOutcome::Kind::lost) error = ErrorClass::mail_missing;
  if (outcome.kind == MailOutcome::Kind::mailbox_fault && error == ErrorClass::none)
    error = ErrorClass::mailbox_unreachable;
  if (interrupted_ || outcome.kind == MailOutcome::Kind::interrupted) {
    // Who waits at the end in front of a mailbox that cannot be read has met its fault.
    return finish_interrupted(outcome.kind == MailOutcome::Kind::mailbox_fault ? error : ErrorClass::none);
  }
  mail_link_ = outcome.link;
  remember_link(outcome.link);
  lua_State* L = coroutine_.state();
  lua::push(L, name(error));
  lua::push(L, kMailFolderNames[static_cast<std::size_t>(outcome.folder)]);
  lua_pushnumber(L, to_seconds(outcome.delay));
  lua_pushboolean(L, outcome.result == MailResult::late ? 1 : 0);
  lua::push(L, outcome.subject);
  lua::push(L, outcome.link);
  advance(context_.vm.resume(coroutine_, *this, 6));
}

// The coroutine -------------------------------------------------------------------------------------

void VirtualUser::advance(const LuaVm::Step& step) {
  const HttpResult* const answer = std::exchange(answer_, nullptr);
  switch (step.progress) {
    case LuaVm::Progress::finished:
    case LuaVm::Progress::left:
    case LuaVm::Progress::failed:
      // The scenario caught an error of its own: that does not make it right.
      if (script_fault_)
        context_.recorder.script_error(iteration_.journey, std::nullopt, "an error that the scenario caught itself");
      if (script_fault_) return finish(Outcome::failure, PersonFate::own_fault, true);
      if (step.progress == LuaVm::Progress::failed) return finish_failed();
      return finish(Outcome::success, step.progress == LuaVm::Progress::left ? PersonFate::left : PersonFate::succeeded,
                    false);
    case LuaVm::Progress::script_error:
      context_.recorder.script_error(iteration_.journey, std::nullopt, redacted(step.error));
      context_.vm.release(coroutine_);
      return finish(Outcome::failure, PersonFate::own_fault, true);
    case LuaVm::Progress::waiting: break;
  }
  switch (std::exchange(wanted_, Wanted::nothing)) {
    case Wanted::request: return start_request();
    case Wanted::pause:
      if (answer != nullptr && step_ >= 0) keep_answer(*answer);
      return start_pause();
    case Wanted::mail:
      kept_answer_.reset();  // what is judged next is the mail
      return start_mail_wait();
    case Wanted::retry: return start_retry_wait();
    case Wanted::nothing: break;
  }
}

void VirtualUser::finish(Outcome outcome, PersonFate fate, bool at_step) {
  const TimePoint now = context_.clock.now();
  context_.recorder.iteration_finished(iteration_.journey, {now - started_, outcome, network_}, visit_id_);
  const bool stuck = at_step && last_step_ && !visit_.through(*last_step_);
  context_.recorder.person(iteration_.journey, {fate, last_step_, failed_error_, now - iteration_.intended, stuck});
  http_.reset();
  if (activity_ != Activity::idle) set_activity(Activity::idle);
  context_.finished(*this);
}

void VirtualUser::finish_failed() {
  if (unjudged_) return finish(Outcome::interrupted, PersonFate::interrupted, true);
  const Outcome outcome = failed_error_ == ErrorClass::abandoned ? Outcome::abandoned : Outcome::failure;
  const bool ours = counted_result(outcome, failed_error_) == CountedResult::own_fault;
  last_step_ = failed_step_;
  finish(outcome, ours ? PersonFate::own_fault : PersonFate::lost, true);
}

void VirtualUser::finish_away() {
  context_.vm.release(coroutine_);
  last_step_ = failed_step_;
  finish(Outcome::failure, PersonFate::away, true);
}

void VirtualUser::finish_interrupted(ErrorClass error) {
  const bool in_step = step_ >= 0;
  if (in_step) {
    const Outcome outcome = error == ErrorClass::none ? Outcome::interrupted : Outcome::failure;
    context_.recorder.step(static_cast<StepId>(step_), step_clock_.finish(outcome, error, context_.clock.now()),
                           visit_id_);
    step_ = -1;
  }
  context_.vm.release(coroutine_);
  finish(Outcome::interrupted, PersonFate::interrupted, in_step);
}

// Text ----------------------------------------------------------------------------------------------

Redactor VirtualUser::redactor() const {
  Redactor redactor;
  for (const auto& [key, value] : person_) {
    if (key != "index") redactor.add(value);
  }
  for (const auto& [key, value] : context_.settings.secrets) redactor.add(value);
  for (const SeenSecret& secret : seen_secrets_) redactor.add(secret.value);
  return redactor;
}

std::string VirtualUser::redacted(std::string_view text) const { return redactor().redact(text); }

void VirtualUser::conformance(std::string_view rule, std::string_view expected, std::string_view got) {
  const Redactor known = redactor();
  context_.recorder.conformance(known.redact(rule), known.redact(expected), known.redact(got), expected == got);
}

void VirtualUser::log(std::string_view text) { spdlog::info("script: {}", redacted(text)); }

}  // namespace gelombang
