#include "engine/request_play.hpp"

#include "engine/privacy/evidence.hpp"
#include "metrics/dimensions.hpp"
#include "probes/http/block_page.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMostBackEnd = 256;  // bytes

bool is_absolute(std::string_view url) { return url.rfind("http://", 0) == 0 || url.rfind("https://", 0) == 0; }

// "200, 201 or 302"
std::string alternatives(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 < numbers.size() ? ", " : " or ";
    text += fmt::format("{}{}", before, numbers[i]);
  }
  return text;
}

}  // namespace

RequestPlay::RequestPlay(UserContext& context, HttpUser& http, PersonVisit& visit, Done done)
    : context_(context), http_(http), visit_(visit), done_(std::move(done)), timer_(context.io) {}

void RequestPlay::begin_visit() {
  answers_.clear();
  back_end_.clear();
  raw_back_end_.clear();
}

HttpRequest& RequestPlay::describe(HttpMethod method, std::string_view url) {
  request_ = HttpRequest{};
  expected_.clear();
  done_before_ = DoneBefore{};
  patience_factor_ = 1;
  request_.method = method;
  if (is_absolute(url)) {
    request_.url = url;
  } else {
    if (context_.settings.target.empty())
      throw std::runtime_error("no target for this path: give one with --target URL");
    if (url.empty() || url.front() != '/') throw std::runtime_error("a path begins with /");
    request_.url.reserve(context_.settings.target.size() + url.size());
    request_.url.append(context_.settings.target).append(url);
  }
  return request_;
}

void RequestPlay::start() {
  cancelled_ = false;
  if (!guards_hold()) {
    boost::asio::post(context_.io, [this] { refuse(); });
    return;
  }
  PersonTraits& traits = visit_.traits;
  if (traits.behaviour() != nullptr) began_ = context_.clock.now();
  pressed_twice_ = false;
  patience_ends_.reset();
  second_press_.reset();
  if (const auto patience = traits.patience()) {
    constexpr double kEndless = 3650.0 * 86400;  // seconds; fits into a time point
    patience_ends_ = began_ + from_seconds(std::min(to_seconds(*patience) * patience_factor_, kEndless));
  }
  if (request_.method == HttpMethod::post) {
    if (const auto after = traits.second_press()) second_press_ = began_ + *after;
  }
  start_transfer(false);
  if (patience_ends_ || second_press_) await_person();
}

void RequestPlay::start_transfer(bool second) {
  TransferId& transfer = second ? second_transfer_ : transfer_;
  transfer = context_.http.start(http_, second_press_ ? HttpRequest(request_) : std::move(request_),
                                 [this, second](HttpResult&& result) { on_response(result, second); });
}

void RequestPlay::cancel(Outcome outcome) {
  cancelled_ = true;
  cancel_transfers(outcome);
}

void RequestPlay::cancel_transfers(Outcome outcome) {
  context_.http.cancel(transfer_, outcome);
  context_.http.cancel(second_transfer_, outcome);
}

// Guards --------------------------------------------------------------------------------------------

bool RequestPlay::guards_hold() const {
  // A link from the target's mail may hold any digits: they are the target's own.
  const bool theirs = !visit_.mail_link.empty() && request_.url == visit_.mail_link;
  return std::none_of(
      context_.scenario.guards.begin(), context_.scenario.guards.end(), [this, theirs](const DigitGuard& guard) {
        const auto offends = [&guard](std::string_view text) { return guard.violated_by(text); };
        return (!theirs && offends(request_.url)) || offends(request_.body) ||
               std::any_of(request_.headers.begin(), request_.headers.end(),
                           [&](const HttpHeader& header) { return offends(header.name) || offends(header.value); }) ||
               std::any_of(request_.parts.begin(), request_.parts.end(), [&](const HttpPart& part) {
                 return offends(part.name) || offends(part.filename) || offends(part.content_type) ||
                        (part.filename.empty() && offends(*part.data));
               });
      });
}

void RequestPlay::refuse() {
  if (!cancelled_) {
    context_.recorder.script_error(
        visit_.iteration.journey, *visit_.step,
        fmt::format("step '{}': a guard of the scenario stopped a request: it carries a number that is not synthetic; "
                    "nothing was sent",
                    context_.scenario.catalog.steps[*visit_.step].name));
  }
  done_(nullptr, ErrorClass::generator_identity);
}

// Patience and the second press ---------------------------------------------------------------------

void RequestPlay::await_person() {
  TimePoint next = patience_ends_.value_or(TimePoint::max());
  if (second_press_) next = std::min(next, *second_press_);
  timer_.expires_at(next);
  timer_.async_wait([this, wait = ++wait_](const boost::system::error_code& error) {
    if (!error && wait == wait_) on_person();
  });
}

void RequestPlay::on_person() {
  if (cancelled_) return;
  const TimePoint now = context_.clock.now();
  if (patience_ends_ && now >= *patience_ends_) return cancel_transfers(Outcome::abandoned);
  if (second_press_ && now >= *second_press_) {
    visit_.step_clock.request_started(began_);
    context_.recorder.double_submit(*visit_.step);
    pressed_twice_ = true;
    start_transfer(true);
    second_press_.reset();
  }
  if (patience_ends_ || second_press_) await_person();
}

// The answer ----------------------------------------------------------------------------------------

void RequestPlay::on_response(HttpResult& result, bool second) {
  (second ? second_transfer_ : transfer_) = 0;
  if (pressed_twice_) {
    answers_.push_back({std::move(result), second});
    if (transfer_ == 0 && second_transfer_ == 0) on_both_answered();
    return;
  }
  judge(result, visit_.attempts.again());
  record(result, false);
  show(result);
}

void RequestPlay::on_both_answered() {
  std::vector<Answer> answers = std::exchange(answers_, {});
  // If one press was accepted, the answer to the other press may say that the action was already done.
  const bool accepted = std::any_of(answers.begin(), answers.end(), [this](const Answer& answer) {
    return answer.result.hops.back().outcome == Outcome::success && expects(answer.result.response.status);
  });
  for (Answer& answer : answers) {
    judge(answer.result, accepted || visit_.attempts.again());
    record(answer.result, answer.second);
  }
  // The browser shows the answer to the second press.
  show(answers[0].second ? answers[0].result : answers[1].result);
}

void RequestPlay::show(const HttpResult& result) {
  if (patience_ends_ || second_press_) {
    ++wait_;
    timer_.cancel();
  }
  done_(&result, result.hops.back().error);
}

void RequestPlay::judge(HttpResult& result, bool done) const {
  RequestSample& last = result.hops.back();
  if (last.outcome != Outcome::success) return;
  const HttpResponse& response = result.response;
  if (expects(response.status) || (done && says_done_before(response))) return;
  last.error = classify_status(response.status, looks_blocked(response));
  last.outcome = Outcome::failure;
}

bool RequestPlay::expects(int status) const {
  if (expected_.empty()) return status < 400;
  return std::find(expected_.begin(), expected_.end(), status) != expected_.end();
}

bool RequestPlay::says_done_before(const HttpResponse& response) const {
  return response.status == done_before_.status && response.body.find(done_before_.text) != std::string::npos;
}

// What is recorded and kept -------------------------------------------------------------------------

void RequestPlay::record(const HttpResult& result, bool second) {
  const RequestSample& last = result.hops.back();
  const StepId step = *visit_.step;
  const auto& mark = context_.scenario.back_end;
  const bool cookie_is_shown = mark && mark->kind == BackEndMark::Kind::cookie;
  visit_.secrets.remember_cookies(result, cookie_is_shown ? std::string_view(mark->name) : std::string_view());
  note_back_end(result.response);
  bool repeated = false;  // this hop repeats a failed hop; a calm crowd would not have sent it
  for (const RequestSample& hop : result.hops) {
    context_.recorder.request(step, hop,
                              {!second && !repeated && visit_.attempts.request(), visit_.attempts.tries(),
                               &hop == &last ? std::string_view(back_end_) : std::string_view(), visit_.network});
    repeated = hop.outcome == Outcome::failure;
  }
  if (last.outcome == Outcome::failure || last.outcome == Outcome::abandoned) keep_evidence(result);
  visit_.step_clock.request_started(result.hops.front().started);
  visit_.step_clock.request_ended(result.ended);
  visit_.last_byte = result.ended;
  visit_.last_request_took = result.ended - result.hops.front().started;
  // A request that cannot be made is the script's fault.
  if (last.error == ErrorClass::generator_script) {
    context_.recorder.script_error(visit_.iteration.journey, step,
                                   visit_.redactor(context_.settings).redact(result.error_detail));
  }
}

void RequestPlay::note_back_end(const HttpResponse& response) {
  const auto& mark = context_.scenario.back_end;
  if (!mark) return;
  const bool header = mark->kind == BackEndMark::Kind::header;
  // A cookie is set once. The answers after it come from the same server.
  std::string_view found = header ? std::string_view() : std::string_view(raw_back_end_);
  for (const auto& [name, value] : response.headers) {
    if (!same_header_name(name, header ? std::string_view(mark->name) : "set-cookie")) continue;
    if (header) {
      found = value;
    } else if (value.substr(0, value.find('=')) == mark->name && value.find('=') != std::string_view::npos) {
      found = value.substr(0, value.find(';')).substr(value.find('=') + 1);
    }
  }
  if (found == raw_back_end_) return;
  raw_back_end_ = found;
  // The name is shown to people, and the target chooses it, so it is redacted.
  back_end_ = dimension_value(visit_.redactor(context_.settings).redact(found, kMostBackEnd));
}

void RequestPlay::keep_evidence(const HttpResult& result) {
  const RequestSample& last = result.hops.back();
  if (!context_.recorder.wants_evidence(*visit_.step, last.error)) return;
  Evidence evidence = evidence_of(result, visit_.redactor(context_.settings));
  // The answer is complete: only its status was wrong.
  if (evidence.detail.empty() && !expected_.empty()) evidence.detail = "expected status " + alternatives(expected_);
  evidence.step = *visit_.step;
  evidence.tries = visit_.attempts.tries();
  evidence.sample = last;
  context_.recorder.evidence(std::move(evidence));
}

}  // namespace gelombang
