// The operator's endpoints, /_sandbox/: prepare a test, break things, read exact counts. Available only if the portal
// listens on loopback. Calls run on their own thread, because they may wait for the database.
#include "sandbox/answers.hpp"
#include "sandbox/census.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/seeding.hpp"
#include "sandbox/unix_time.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace gelombang::sandbox {
namespace {

namespace json = boost::json;

Response refused(int status, std::string_view why) { return json_response(status, json::object{{"error", view(why)}}); }

// Reads the numbers and flags in the body of a call. Remembers the first problem.
class Arguments {
 public:
  explicit Arguments(json::object body) : body_(std::move(body)) {}

  double number(std::string_view name, double otherwise, double min, double max) {
    const json::value* value = take(name);
    if (value == nullptr) return otherwise;
    const double number = value->is_number() ? value->to_number<double>() : min - 1;
    if (!(number >= min && number <= max)) complain(fmt::format("{}: expected a number from {} to {}", name, min, max));
    return number;
  }
  std::uint64_t count(std::string_view name, std::uint64_t otherwise, std::uint64_t max) {
    const json::value* value = take(name);
    if (value == nullptr) return otherwise;
    boost::system::error_code ec;
    const auto number = value->is_number() ? value->to_number<std::uint64_t>(ec) : max;
    if (!value->is_number() || ec || number > max) {
      complain(fmt::format("{}: expected a whole number from 0 to {}", name, max));
      return otherwise;
    }
    return number;
  }
  std::string text(std::string_view name, std::string otherwise) {
    const json::value* value = take(name);
    if (value == nullptr) return otherwise;
    if (value->is_string()) return std::string(value->get_string());
    complain(fmt::format("{}: expected a text", name));
    return otherwise;
  }
  bool has(std::string_view name) const { return body_.contains(view(name)); }
  // Nothing if all arguments were read and valid.
  std::optional<std::string> problem() {
    if (problem_.empty() && !body_.empty()) {
      complain(fmt::format("{}: no such argument", std::string(body_.begin()->key())));
    }
    if (problem_.empty()) return {};
    return problem_;
  }

 private:
  const json::value* take(std::string_view name) {
    const auto at = body_.find(view(name));
    if (at == body_.end()) return nullptr;
    taken_ = at->value();
    body_.erase(at);
    return &taken_;
  }
  void complain(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

  json::object body_;
  json::value taken_;
  std::string problem_;
};

json::object counts_json(const Portal& portal, const Census& census) {
  json::object endpoints;
  for (const Counters::Row& row : portal.counters.rows()) {
    if (row.endpoint == Endpoint::operator_side) continue;
    const std::string name = fmt::format("{} {}", method_name(row.method), endpoint_path(row.endpoint));
    json::value& by_status = endpoints[name];
    if (!by_status.is_object()) by_status.emplace_object();
    by_status.get_object()[std::to_string(row.status)] = row.count;
  }
  json::object mails{{"total", census.mails},          {"queued", census.mails_queued},
                     {"inbox", census.mails_inbox},    {"spam", census.mails_spam},
                     {"lost", census.mails_lost},      {"refused", census.mails_refused},
                     {"expired", census.mails_expired}};
  mails["delivered"] = census.mails_inbox + census.mails_spam;
  json::object counts{{"accounts", census.accounts},
                      {"accounts_registered", census.accounts - census.seeded},
                      {"verified", census.verified},
                      {"identities", census.identities},
                      {"photos", census.photos},
                      {"photo_uploads", census.photo_uploads},
                      {"photo_bytes", census.photo_bytes},
                      {"aptitude_tests", census.tests},
                      {"joins", census.joins},
                      {"selected", census.selected}};
  counts["requests"] = std::move(endpoints);
  counts["mails"] = std::move(mails);
  counts["connections_accepted"] = portal.counters.connections_accepted.load();
  counts["answers_undelivered"] = portal.counters.undelivered.load();
  counts["malformed_requests"] = portal.counters.malformed.load();
  return counts;
}

Response get_counts(Portal& portal, Arguments&) {
  Census census;
  if (portal.database.read_now([&census](DbConnection& c) { census = take_census(c); }) != DbOutcome::ok) {
    return database_failure(DbOutcome::failed);
  }
  return json_response(200, counts_json(portal, census));
}

Response reset_counts(Portal& portal, Arguments&) {
  portal.counters.reset();
  return json_response(200, {});
}

json::value wave_json(const std::optional<Wave>& wave) {
  if (!wave) return nullptr;
  return json::object{{"number", wave->number}, {"quota", wave->quota}, {"state", view(wave_state_name(wave->state))}};
}

Response get_state(Portal& portal, Arguments&) {
  const PoolSettings pool = portal.pool.settings();
  json::object state;
  state["wave"] = wave_json(portal.waves.latest());
  state["faults"] = portal.faults.show();
  state["pool"] = json::object{{"size", pool.size},
                               {"in_use", portal.pool.in_use()},
                               {"waiting", portal.pool.waiting()},
                               {"timeouts", portal.pool.timeouts()}};
  state["workers"] = json::object{{"threads", portal.workers.threads()},
                                  {"queued", portal.workers.queued()},
                                  {"queue_limit", portal.workers.queue_limit()}};
  state["database_waiting"] = portal.database.waiting();
  state["sessions"] = portal.sessions.size();
  state["connections_open"] = portal.counters.connections_open.load();
  state["upload_bytes_in_memory"] = portal.upload_memory.used();
  state["photo_bytes_on_disk"] = portal.photos.used_bytes();
  return json_response(200, state);
}

Response make_accounts(Portal& portal, Arguments& arguments) {
  Seeding seeding;
  seeding.mail_domain = portal.mail_domain;
  seeding.seed = arguments.count("seed", 1, INT64_MAX);
  seeding.first = arguments.count("first", 0, kMaxSeeded);
  seeding.count = arguments.count("count", 0, kMaxSeeded);
  const std::string state = arguments.text("state", "verified");
  if (auto problem = arguments.problem()) return refused(400, *problem);
  if (state != "unverified" && state != "verified" && state != "ready") {
    return refused(400, "state: expected unverified, verified or ready");
  }
  seeding.verified = state != "unverified";
  seeding.ready = state == "ready";
  const auto added = seed_accounts(portal.database, portal.clock, seeding);
  if (!added) return refused(500, added.error().message);
  return json_response(200, json::object{{"added", *added}});
}

Response open_wave(Portal& portal, Arguments& arguments) {
  WaveOffice::Opening opening;
  opening.number = static_cast<std::int64_t>(arguments.count("number", 13, 1'000'000));
  opening.quota = static_cast<std::int64_t>(arguments.count("quota", 600, 1'000'000'000));
  if (arguments.has("open_for_s")) opening.open_for = from_seconds(arguments.number("open_for_s", 0, 0.001, 1e8));
  opening.result_delay = from_seconds(arguments.number("result_after_s", 0, 0, 1e8));
  if (auto problem = arguments.problem()) return refused(400, *problem);
  const auto wave = portal.waves.open(opening);
  if (!wave) return refused(409, wave.error().message);
  return json_response(200, json::object{{"wave", wave_json(*wave)}});
}

Response close_wave(Portal& portal, Arguments& arguments) {
  std::optional<Duration> result_delay;
  if (arguments.has("result_after_s")) result_delay = from_seconds(arguments.number("result_after_s", 0, 0, 1e8));
  if (auto problem = arguments.problem()) return refused(400, *problem);
  const auto wave = portal.waves.close(result_delay);
  if (!wave) return refused(409, wave.error().message);
  return json_response(200, json::object{{"wave", wave_json(*wave)}});
}

Response freeze(Portal& portal, Arguments& arguments) {
  const double ms = arguments.number("ms", 0, 0, 600'000);
  if (auto problem = arguments.problem()) return refused(400, *problem);
  // A moment later, so that this response is still sent.
  portal.timers.after(std::chrono::milliseconds(20), [&portal, ms] { portal.freeze(from_seconds(ms / 1000)); });
  return json_response(202, json::object{{"freeze_ms", ms}});
}

Response lose_sessions(Portal& portal, Arguments&) {
  const std::size_t lost = portal.sessions.size();
  portal.sessions.lose_all();
  return json_response(200, json::object{{"lost", lost}});
}

Response get_faults(Portal& portal, Arguments&) { return json_response(200, portal.faults.show()); }

Response reset_faults(Portal& portal, Arguments&) {
  portal.faults.reset();
  return json_response(200, portal.faults.show());
}

struct Call {
  Method method;
  std::string_view path;  // after /_sandbox/
  Response (*run)(Portal&, Arguments&);
};

constexpr std::array kCalls = {
    Call{Method::get, "counts", get_counts},    Call{Method::del, "counts", reset_counts},
    Call{Method::get, "state", get_state},      Call{Method::post, "accounts", make_accounts},
    Call{Method::post, "wave/open", open_wave}, Call{Method::post, "wave/close", close_wave},
    Call{Method::post, "freeze", freeze},       Call{Method::post, "sessions/lose", lose_sessions},
    Call{Method::get, "faults", get_faults},    Call{Method::del, "faults", reset_faults},
};

Response change_faults(Portal& portal, const json::value& body) {
  if (auto done = portal.faults.change(body); !done) return refused(400, done.error().message);
  return json_response(200, portal.faults.show());
}

Response answer_call(Portal& portal, const Request& request) {
  const std::string_view path = std::string_view(request.path).substr(std::string_view("/_sandbox/").size());
  boost::system::error_code ec;
  const json::value body = request.body.empty() ? json::value(json::object()) : json::parse(request.body, ec);
  if (ec || !body.is_object()) return refused(400, "a JSON object is expected");
  if (path == "faults" && request.method == Method::post) return change_faults(portal, body);
  const auto call = std::find_if(kCalls.begin(), kCalls.end(),
                                 [&](const Call& c) { return c.path == path && c.method == request.method; });
  if (call == kCalls.end()) return refused(404, "no such call");
  Arguments arguments(body.get_object());
  return call->run(portal, arguments);
}

}  // namespace

void operator_call(Portal& portal, Request& request, const Responder& respond) {
  const bool queued = portal.operations.submit([&portal, request, respond] { respond(answer_call(portal, request)); });
  if (!queued) respond(overloaded(request));
}

}  // namespace gelombang::sandbox
