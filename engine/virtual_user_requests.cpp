// What a virtual user does about requests: guards, patience, the second press, and what came of them.
#include "engine/virtual_user.hpp"

#include "engine/lua/support.hpp"
#include "metrics/dimensions.hpp"
#include "probes/http/block_page.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace gelombang {
namespace {

// What a browser keeps of a site, and more than it does of its length.
constexpr std::size_t kMostSeenSecrets = 180;
constexpr std::ptrdiff_t kMostSeenOfCookie = 4;
constexpr std::size_t kMostSeenBytes = std::size_t{256} * 1024;
constexpr std::size_t kMostBackEnd = 256;  // bytes

bool is_absolute(std::string_view url) { return url.rfind("http://", 0) == 0 || url.rfind("https://", 0) == 0; }

}  // namespace

HttpRequest& VirtualUser::new_request(HttpMethod method, std::string_view url) {
  request_ = HttpRequest{};
  expected_.clear();
  done_before_ = DoneBefore{};
  patience_factor_ = 1;
  met_limit_ = false;  // what comes now is judged by what this one brings
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

std::string VirtualUser::cookie(std::string_view name) {
  std::string value = http_.cookie(context_.settings.target, name);
  remember_secret(value);
  return value;
}

void VirtualUser::start_request() {
  set_activity(Activity::requesting);
  if (!guards_hold()) {
    boost::asio::post(context_.io, [this] { refuse_request(); });
    return;
  }
  if (temper_.behaviour() != nullptr) request_began_ = context_.clock.now();
  pressed_twice_ = false;
  patience_ends_.reset();
  second_press_.reset();
  if (const auto patience = temper_.patience()) {
    constexpr double kEndless = 3650.0 * 86400;  // seconds; what a time point holds
    patience_ends_ = request_began_ + from_seconds(std::min(to_seconds(*patience) * patience_factor_, kEndless));
  }
  if (request_.method == HttpMethod::post) {
    if (const auto after = temper_.second_press()) second_press_ = request_began_ + *after;
  }
  start_transfer(false);
  if (patience_ends_ || second_press_) watch_request();
}

void VirtualUser::start_transfer(bool second) {
  TransferId& transfer = second ? second_transfer_ : transfer_;
  transfer = context_.http.start(http_, second_press_ ? HttpRequest(request_) : std::move(request_),
                                 [this, second](HttpResult&& result) { on_response(result, second); });
}

void VirtualUser::cancel_transfers(Outcome outcome) {
  context_.http.cancel(transfer_, outcome);
  context_.http.cancel(second_transfer_, outcome);
}

void VirtualUser::watch_request() {
  TimePoint next = patience_ends_.value_or(TimePoint::max());
  if (second_press_) next = std::min(next, *second_press_);
  timer_.expires_at(next);
  timer_.async_wait([this, generation = ++generation_](const boost::system::error_code& error) {
    if (!error && generation == generation_) on_watch();
  });
}

void VirtualUser::on_watch() {
  if (interrupted_) return;
  const TimePoint now = context_.clock.now();
  if (patience_ends_ && now >= *patience_ends_) return cancel_transfers(Outcome::abandoned);
  if (second_press_ && now >= *second_press_) {
    step_clock_.request_started(request_began_);
    context_.recorder.double_submit(static_cast<StepId>(step_));
    pressed_twice_ = true;
    start_transfer(true);
    second_press_.reset();
  }
  if (patience_ends_ || second_press_) watch_request();
}

bool VirtualUser::guards_hold() const {
  // The digits of a link that came by mail are the target's own.
  const bool theirs = !mail_link_.empty() && request_.url == mail_link_;
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

void VirtualUser::refuse_request() {
  if (interrupted_) return finish_interrupted();
  const auto step = static_cast<StepId>(step_);
  context_.recorder.script_error(
      iteration_.journey, step,
      fmt::format("step '{}': a guard of the scenario stopped a request: it carries a number that is not synthetic; "
                  "nothing was sent",
                  context_.scenario.catalog.steps[step].name));
  resume_with_response(HttpResponse{}, ErrorClass::generator_identity);
}

void VirtualUser::on_response(HttpResult& result, bool second) {
  (second ? second_transfer_ : transfer_) = 0;
  if (pressed_twice_) {
    answers_.push_back({std::move(result), second});
    if (transfer_ == 0 && second_transfer_ == 0) on_both_answered();
    return;
  }
  judge(result, visit_.again());
  record_response(result, false);
  show(result);
}

void VirtualUser::on_both_answered() {
  std::vector<Answer> answers = std::exchange(answers_, {});
  // One press was accepted, and the other is told so.
  const bool accepted = std::any_of(answers.begin(), answers.end(), [this](const Answer& answer) {
    return answer.result.hops.back().outcome == Outcome::success && expects(answer.result.response.status);
  });
  for (Answer& answer : answers) {
    judge(answer.result, accepted || visit_.again());
    record_response(answer.result, answer.second);
  }
  // The browser shows the answer to the second press.
  show(answers[0].second ? answers[0].result : answers[1].result);
}

void VirtualUser::show(const HttpResult& result) {
  if (patience_ends_ || second_press_) {
    ++generation_;
    timer_.cancel();
  }
  if (interrupted_) return finish_interrupted();
  answer_ = &result;
  resume_with_response(result.response, result.hops.back().error);
}

void VirtualUser::judge(HttpResult& result, bool done) const {
  RequestSample& last = result.hops.back();
  if (last.outcome != Outcome::success) return;
  const HttpResponse& response = result.response;
  if (expects(response.status) || (done && says_done_before(response))) return;
  last.error = classify_status(response.status, looks_blocked(response));
  last.outcome = Outcome::failure;
}

void VirtualUser::record_response(HttpResult& result, bool second) {
  const RequestSample& last = result.hops.back();
  const auto step = static_cast<StepId>(step_);
  remember_cookies(result);
  note_back_end(result.response);
  bool repeated = false;  // what followed a failure was sent once more, on top of what a calm crowd sends
  for (const RequestSample& hop : result.hops) {
    context_.recorder.request(step, hop,
                              {!second && !repeated && visit_.request(), visit_.tries(),
                               &hop == &last ? std::string_view(back_end_) : std::string_view(), network_});
    repeated = hop.outcome == Outcome::failure;
  }
  if (last.outcome == Outcome::failure || last.outcome == Outcome::abandoned) keep_evidence(step, result);
  step_clock_.request_started(result.hops.front().started);
  step_clock_.request_ended(result.ended);
  last_byte_ = result.ended;
  last_request_took_ = result.ended - result.hops.front().started;
  // A request that cannot be made is the script's fault, and no pass.
  if (last.error == ErrorClass::generator_script) {
    context_.recorder.script_error(iteration_.journey, step, redacted(result.error_detail));
  }
}

bool VirtualUser::expects(int status) const {
  if (expected_.empty()) return status < 400;
  return std::find(expected_.begin(), expected_.end(), status) != expected_.end();
}

void VirtualUser::note_back_end(const HttpResponse& response) {
  const auto& mark = context_.scenario.back_end;
  if (!mark) return;
  const bool header = mark->kind == BackEndMark::Kind::header;
  // A cookie sticks: it is set once, and the answers after that come from the same server.
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
  // It becomes a name that is shown, and a target may put there what it likes.
  back_end_ = dimension_value(redactor().redact(found, kMostBackEnd));
}

bool VirtualUser::says_done_before(const HttpResponse& response) const {
  return response.status == done_before_.status && response.body.find(done_before_.text) != std::string::npos;
}

void VirtualUser::resume_with_response(const HttpResponse& response, ErrorClass error) {
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

// What the target handed to this person must not be shown either. The newest are kept, and of each cookie by itself:
// one that changes with each answer must not push out the session, which was set once.
void VirtualUser::remember_secret(std::string_view value, std::string_view cookie) {
  if (value.size() < Redactor::kShortest || value.size() > kMostSeenBytes) return;
  const auto same = [value](const SeenSecret& seen) { return seen.value == value; };
  if (std::any_of(seen_secrets_.begin(), seen_secrets_.end(), same)) return;
  const auto forget = [this](std::deque<SeenSecret>::iterator seen) {
    seen_bytes_ -= seen->value.size();
    seen_secrets_.erase(seen);
  };
  const auto of_cookie = [cookie](const SeenSecret& seen) { return seen.cookie == cookie; };
  if (!cookie.empty() && std::count_if(seen_secrets_.begin(), seen_secrets_.end(), of_cookie) >= kMostSeenOfCookie) {
    forget(std::find_if(seen_secrets_.begin(), seen_secrets_.end(), of_cookie));
  }
  seen_secrets_.push_back({std::string(value), std::string(cookie)});
  seen_bytes_ += value.size();
  while (seen_secrets_.size() > kMostSeenSecrets || seen_bytes_ > kMostSeenBytes) forget(seen_secrets_.begin());
}

// The whole, and what may be a token in it: each value of its query, what stands last in its path, and what else of it
// has a digit.
void VirtualUser::remember_link(std::string_view link) {
  remember_secret(link);
  const std::string_view path = link.substr(0, link.find_first_of("?#"));
  std::size_t first = link.find("://");
  first = first == std::string_view::npos ? 0 : link.find('/', first + 3);
  while (first < link.size()) {
    const std::size_t end = std::min(link.find_first_of("/?&=#;", first), link.size());
    const std::string_view part = link.substr(first, end - first);
    const bool is_value = first > 0 && link[first - 1] == '=';
    const bool has_digit = part.find_first_of("0123456789") != std::string_view::npos;
    if (is_value || has_digit || end == path.size() || end == link.size()) remember_secret(part);
    first = end + 1;
  }
}

void VirtualUser::remember_cookie(std::string_view cookie) {
  const std::size_t equals = cookie.find('=');
  const auto& mark = context_.scenario.back_end;
  // The scenario has it shown.
  if (mark && mark->kind == BackEndMark::Kind::cookie && cookie.substr(0, equals) == mark->name) return;
  std::string_view value = cookie.substr(0, cookie.find(';'));
  if (equals < value.size()) value.remove_prefix(equals + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '"')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '"')) value.remove_suffix(1);
  remember_secret(value, cookie.substr(0, std::min(equals, cookie.size())));
}

// A page behind a redirect may show what the redirect has set.
void VirtualUser::remember_cookies(const HttpResult& result) {
  for (const std::string& cookie : result.passed_cookies) remember_cookie(cookie);
  if (!result.response.headers.may_have("set-cookie")) return;
  for (const auto& [name, cookie] : result.response.headers) {
    if (same_header_name(name, "set-cookie")) remember_cookie(cookie);
  }
}

}  // namespace gelombang
