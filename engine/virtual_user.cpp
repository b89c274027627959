#include "engine/virtual_user.hpp"

#include "base/log.hpp"
#include "engine/lua/support.hpp"
#include "engine/privacy/evidence.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

namespace gelombang {
namespace {

// Whether the error is about the content of an answer.
bool is_of_content(ErrorClass error) noexcept {
  return error == ErrorClass::assert_body || error == ErrorClass::assert_redirect_login ||
         error == ErrorClass::captcha_page;
}

// Warns once for the whole process: the limit is the same for all users.
void say_unjudged(const std::string& step) {
  static std::atomic_flag said;
  if (said.test_and_set()) return;
  spdlog::warn("step '{}': an answer is longer than max_body: its content is not checked", step);
}

}  // namespace

VirtualUser::VirtualUser(UserContext& context)
    : context_(context),
      http_(context.http),
      request_play_(context, http_, visit_,
                    [this](const HttpResult* answer, ErrorClass error) { on_answer(answer, error); }),
      timer_(context.io),
      think_random_(0, RandomPurpose::think, 0),
      script_random_(0, RandomPurpose::script, 0) {}

VirtualUser::~VirtualUser() { context_.vm.release(coroutine_); }

void VirtualUser::begin(const Iteration& iteration, const Fields& person) {
  visit_.begin(context_.scenario, context_.settings, iteration, person);
  request_play_.begin_visit();
  http_.set_network(visit_.network ? &context_.scenario.networks[*visit_.network].profile : nullptr);
  interrupted_ = false;
  script_fault_ = false;
  last_step_.reset();
  failed_error_ = ErrorClass::none;
  think_random_ = RandomStream(context_.settings.seed, RandomPurpose::think, iteration.index);
  script_random_ = RandomStream(context_.settings.seed, RandomPurpose::script, iteration.index);
  started_ = context_.clock.now();
  resumes_at_ = iteration.intended;
  visit_.last_byte = started_;
  visit_.id = context_.recorder.visit_began(iteration.journey, iteration.intended, started_);
  if (coroutine_.state() == nullptr) coroutine_ = context_.vm.create_coroutine();
  advance(context_.vm.begin(coroutine_, *this, iteration, visit_.person));
}

void VirtualUser::interrupt() {
  interrupted_ = true;
  switch (activity_) {
    case Activity::idle: break;
    case Activity::requesting: request_play_.cancel(Outcome::interrupted); break;
    case Activity::waiting_for_mail: context_.mail->cancel(mail_id_); break;
    case Activity::pausing:
      ++generation_;
      timer_.cancel();
      // The step's clock got the whole pause when it began. Take back the rest, which did not happen.
      if (visit_.step)
        visit_.step_clock.paused(std::min(Duration::zero(), context_.clock.now() - pause_until_), resumes_at_);
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
  if (visit_.step) {
    problem = fmt::format("a step inside the step '{}': steps do not nest",
                          context_.scenario.catalog.steps[*visit_.step].name);
    return false;
  }
  const int id = context_.vm.step_id(visit_.iteration.journey, number);
  if (id < 0) {
    problem = fmt::format("this step is not listed in the journey '{}': add it to its steps = {{ ... }}",
                          context_.scenario.catalog.journeys[visit_.iteration.journey]);
    return false;
  }
  const auto step = static_cast<StepId>(id);
  visit_.step = last_step_ = step;
  met_limit_ = false;
  answer_.forget();
  visit_.step_clock.begin(resumes_at_);
  const StepAttempts::Attempt attempt = visit_.attempts.attempt(step);
  context_.recorder.attempt(step, attempt.reached, attempt.again, visit_.id, resumes_at_, context_.clock.now());
  return true;
}

void VirtualUser::step_end(ErrorClass error, const FailedCheck* failed) {
  if (!visit_.step) return;
  const StepId step = *visit_.step;
  if (error == ErrorClass::generator_script) script_fault_ = true;
  unjudged_ = std::exchange(met_limit_, false) && is_of_content(error);
  if (unjudged_) {
    say_unjudged(context_.scenario.catalog.steps[step].name);
    error = ErrorClass::none;
  } else if (failed != nullptr) {
    keep_evidence(step, error, *failed);
  }
  answer_.forget_kept();
  const Outcome outcome = unjudged_                        ? Outcome::interrupted
                          : error == ErrorClass::none      ? Outcome::success
                          : error == ErrorClass::abandoned ? Outcome::abandoned
                                                           : Outcome::failure;
  // A step ends with its last byte. Only an abandoned step ends now.
  const TimePoint now = outcome == Outcome::abandoned ? context_.clock.now() : visit_.last_byte;
  context_.recorder.step(step, visit_.step_clock.finish(outcome, error, now), visit_.id);
  resumes_at_ = visit_.step_clock.resumes_at();
  if (outcome == Outcome::success) {
    visit_.traits.succeeded(step);
    if (visit_.attempts.succeed()) context_.recorder.passed(step);
  } else {
    failed_step_ = step;
    failed_error_ = error;
  }
  visit_.step.reset();
}

void VirtualUser::keep_evidence(StepId step, ErrorClass error, const FailedCheck& failed) {
  if (!context_.recorder.wants_evidence(step, error, failed.text)) return;
  const HttpResult* answer = answer_.blamed_by(failed);
  Evidence evidence = evidence_of(failed, answer, visit_.redactor(context_.settings));
  evidence.step = step;
  evidence.tries = visit_.attempts.tries();
  if (answer != nullptr) {
    evidence.sample = answer->hops.back();
  } else {
    evidence.sample.started = context_.clock.now();
  }
  evidence.sample.outcome = Outcome::failure;
  evidence.sample.error = error;
  context_.recorder.evidence(std::move(evidence), failed.text);
}

// Requests ------------------------------------------------------------------------------------------

HttpRequest& VirtualUser::new_request(HttpMethod method, std::string_view url) {
  met_limit_ = false;  // from here on the script judges the answer to this request
  return request_play_.describe(method, url);
}

std::string VirtualUser::cookie(std::string_view name) {
  std::string value = http_.cookie(context_.settings.target, name);
  visit_.secrets.remember(value);
  return value;
}

void VirtualUser::start_request() {
  set_activity(Activity::requesting);
  request_play_.start();
}

void VirtualUser::on_answer(const HttpResult* answer, ErrorClass error) {
  if (interrupted_) return finish_interrupted();
  static const HttpResponse kNothing;
  if (answer != nullptr) answer_.show(*answer);
  const HttpResponse& response = answer != nullptr ? answer->response : kNothing;
  lua_State* L = coroutine_.state();
  lua_pushinteger(L, response.status);
  lua::push(L, response.body);
  lua::push(L, response.url);
  lua::push(L, response.headers.text());
  if (error != ErrorClass::none) {
    lua::push(L, name(error));
  } else {
    lua_pushnil(L);
  }
  lua_pushboolean(L, response.body_truncated ? 1 : 0);
  advance(context_.vm.resume(coroutine_, *this, 6));
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
  const TimePoint from = visit_.step ? context_.clock.now() : resumes_at_;
  pause_ = std::max(Duration::zero(), visit_.iteration.intended + from_seconds(seconds) - from);
  wanted_ = Wanted::pause;
}

void VirtualUser::start_pause() {
  set_activity(Activity::pausing);
  TimePoint until;
  if (visit_.step) {
    const TimePoint now = context_.clock.now();
    until = now + pause_;
    visit_.step_clock.paused(pause_, until);
    context_.recorder.paused(visit_.id, now, until);
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
  next_try_ = visit_.traits.after_failure(failed_step_, error);
  if (next_try_.kind == NextTry::Kind::none) return false;
  wanted_ = Wanted::retry;
  return true;
}

void VirtualUser::start_retry_wait() {
  const TimePoint until = resumes_at_ + next_try_.wait;
  if (until >= context_.last_try) return finish_away();
  set_activity(Activity::retrying);
  const bool anew = visit_.traits.behaviour()->again == Behaviour::Again::journey;
  if (anew) {
    visit_.attempts.restart();
  } else {
    visit_.attempts.retry();
  }
  // A person who comes back much later opens the page again, with new connections.
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
  mail_.caused_at = visit_.last_byte;
  mail_.expected_within = from_seconds(expected);
  mail_.give_up_after = from_seconds(give_up);
  // A slow portal may have sent the mail long before its answer ended.
  mail_.request_time = std::max(mail_.request_time, visit_.last_request_took);
  // An earlier try may also have caused the mail, even if its answer never came.
  if (visit_.attempts.has_retried()) mail_.request_time = std::max(mail_.request_time, visit_.last_byte - started_);
  wanted_ = Wanted::mail;
  return true;
}

void VirtualUser::start_mail_wait() {
  set_activity(Activity::waiting_for_mail);
  mail_since_ = context_.clock.now();
  context_.recorder.paused(visit_.id, mail_since_, TimePoint::max());
  // The mailbox's thread calls back. Until then this user only waits.
  mail_id_ = context_.mail->expect(mail_, [this](MailOutcome outcome) {
    boost::asio::post(context_.io, [this, outcome = std::move(outcome)] { on_mail(outcome); });
  });
}

void VirtualUser::on_mail(const MailOutcome& outcome) {
  const TimePoint now = context_.clock.now();
  visit_.step_clock.paused(now - mail_since_, now);
  context_.recorder.resumed(visit_.id, now);
  ErrorClass error = outcome.error;
  if (outcome.kind == MailOutcome::Kind::lost) error = ErrorClass::mail_missing;
  if (outcome.kind == MailOutcome::Kind::mailbox_fault && error == ErrorClass::none)
    error = ErrorClass::mailbox_unreachable;
  if (interrupted_ || outcome.kind == MailOutcome::Kind::interrupted) {
    // If the mailbox cannot be read at the end of the run, that fault ended the wait, not the interruption.
    return finish_interrupted(outcome.kind == MailOutcome::Kind::mailbox_fault ? error : ErrorClass::none);
  }
  visit_.mail_link = outcome.link;
  visit_.secrets.remember_link(outcome.link);
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
  const HttpResult* const answer = answer_.hide();
  switch (step.progress) {
    case LuaVm::Progress::finished:
    case LuaVm::Progress::left:
    case LuaVm::Progress::failed:
      // A script error remains one, even if the scenario caught it.
      if (script_fault_)
        context_.recorder.script_error(visit_.iteration.journey, std::nullopt,
                                       "an error that the scenario caught itself");
      if (script_fault_) return finish(Outcome::failure, PersonFate::own_fault, true);
      if (step.progress == LuaVm::Progress::failed) return finish_failed();
      return finish(Outcome::success, step.progress == LuaVm::Progress::left ? PersonFate::left : PersonFate::succeeded,
                    false);
    case LuaVm::Progress::script_error:
      context_.recorder.script_error(visit_.iteration.journey, std::nullopt, redacted(step.error));
      context_.vm.release(coroutine_);
      return finish(Outcome::failure, PersonFate::own_fault, true);
    case LuaVm::Progress::waiting: break;
  }
  switch (std::exchange(wanted_, Wanted::nothing)) {
    case Wanted::request: return start_request();
    case Wanted::pause:
      if (answer != nullptr && visit_.step) {
        answer_.keep(*answer, context_.recorder.wants_evidence(*visit_.step, ErrorClass::assert_body));
      }
      return start_pause();
    case Wanted::mail:
      answer_.forget_kept();  // the script judges the mail next
      return start_mail_wait();
    case Wanted::retry: return start_retry_wait();
    case Wanted::nothing: break;
  }
}

void VirtualUser::finish(Outcome outcome, PersonFate fate, bool at_step) {
  const TimePoint now = context_.clock.now();
  context_.recorder.iteration_finished(visit_.iteration.journey, {now - started_, outcome, visit_.network}, visit_.id);
  const bool stuck = at_step && last_step_ && !visit_.attempts.through(*last_step_);
  const PersonSample ended{fate, last_step_, failed_error_, now - visit_.iteration.intended, stuck};
  context_.recorder.person(visit_.iteration.journey, ended);
  http_.reset();
  if (activity_ != Activity::idle) set_activity(Activity::idle);
  context_.finished(*this, ended);
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
  const bool in_step = visit_.step.has_value();
  if (in_step) {
    const Outcome outcome = error == ErrorClass::none ? Outcome::interrupted : Outcome::failure;
    context_.recorder.step(*visit_.step, visit_.step_clock.finish(outcome, error, context_.clock.now()), visit_.id);
    visit_.step.reset();
  }
  context_.vm.release(coroutine_);
  finish(Outcome::interrupted, PersonFate::interrupted, in_step);
}

// Text ----------------------------------------------------------------------------------------------

std::string VirtualUser::redacted(std::string_view text) const {
  return visit_.redactor(context_.settings).redact(text);
}

void VirtualUser::conformance(std::string_view rule, std::string_view expected, std::string_view got) {
  const Redactor known = visit_.redactor(context_.settings);
  context_.recorder.conformance(known.redact(rule), known.redact(expected), known.redact(got), expected == got);
}

void VirtualUser::log(std::string_view text) { spdlog::info("script: {}", redacted(text)); }

}  // namespace gelombang
