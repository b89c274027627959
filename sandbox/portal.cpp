#include "sandbox/portal.hpp"

#include "sandbox/answers.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/pages.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace gelombang::sandbox {
namespace {

using Handler = void (*)(Portal&, Request&, const Responder&);

void front(Portal&, Request&, const Responder& respond) { respond(html_response(200, front_page())); }
void register_form(Portal&, Request&, const Responder& respond) { respond(html_response(200, register_page())); }
void login_form(Portal&, Request&, const Responder& respond) { respond(html_response(200, login_page())); }

void wave_current(Portal& portal, Request&, const Responder& respond) {
  Response response;
  response.shared_body = portal.waves.current_json();
  response.add_header("Cache-Control", "no-store");
  respond(std::move(response));
}

enum class Needs : std::uint8_t { nothing, session, session_page };

struct Route {
  std::string_view path;
  Endpoint endpoint;
  Method method;
  Needs needs;
  Handler handler;
};

// Most frequent paths first. Rows of the same path are next to each other.
constexpr std::array kRoutes = {
    Route{"/api/waves/current", Endpoint::wave_current, Method::get, Needs::nothing, wave_current},
    Route{"/api/dashboard", Endpoint::dashboard, Method::get, Needs::session, get_dashboard},
    Route{"/api/sessions", Endpoint::sessions, Method::post, Needs::nothing, post_session},
    Route{"/api/sessions", Endpoint::sessions, Method::del, Needs::nothing, delete_session},
    Route{"/masuk", Endpoint::login_page, Method::get, Needs::nothing, login_form},
    Route{"/", Endpoint::root, Method::get, Needs::nothing, front},
    Route{"/daftar", Endpoint::register_page, Method::get, Needs::nothing, register_form},
    Route{"/dashboard", Endpoint::dashboard_page, Method::get, Needs::session_page, get_dashboard_page},
    Route{"/verifikasi", Endpoint::verify_link, Method::get, Needs::nothing, get_verify_link},
    Route{"/api/accounts", Endpoint::accounts, Method::post, Needs::nothing, post_account},
    Route{"/api/accounts/verification", Endpoint::verification, Method::post, Needs::nothing, post_verification},
    Route{"/api/identity", Endpoint::identity, Method::post, Needs::session, post_identity},
    Route{"/api/id-card", Endpoint::id_card, Method::post, Needs::session, post_id_card},
    Route{"/api/aptitude-test", Endpoint::aptitude_test, Method::get, Needs::session, get_aptitude_test},
    Route{"/api/aptitude-test", Endpoint::aptitude_test, Method::post, Needs::session, post_aptitude_test},
    Route{"/api/waves/current/join", Endpoint::wave_join, Method::post, Needs::session, post_wave_join},
};

constexpr std::string_view kOperatorPrefix = "/_sandbox/";

// HEAD is handled as GET. The HTTP layer leaves out the body.
bool answers(const Route& route, Method method) {
  return route.method == method || (route.method == Method::get && method == Method::head);
}

const Route* route_of(const Request& request) {
  const auto at = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& route) {
    return route.path == request.path && answers(route, request.method);
  });
  return at == kRoutes.end() ? nullptr : &*at;
}

Response wrong_method(const Request& request) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += method_name(route.method);
    if (route.method == Method::get) allowed += ", HEAD";
  }
  Response response = refuse(request, 405, "METHOD", "Metode tidak didukung");
  response.add_header("Allow", allowed);
  return response;
}

bool is_operator_call(const Portal& portal, const Request& request) {
  return portal.operator_side && request.path.starts_with(kOperatorPrefix);
}

// A page of another site in the operator's browser can send plain forms here. It cannot send JSON without a CORS
// preflight.
std::optional<Response> refuse_foreign_form(const Request& request) {
  if (request.method == Method::get || request.method == Method::head) return {};
  if (request.content_length.value_or(0) == 0 || request.content_type.starts_with("application/json")) return {};
  return refuse(request, 415, "CONTENT_TYPE", "application/json is expected");
}

}  // namespace

BodyPlan Router::plan(Request& request) {
  BodyPlan plan{kMaxFormBytes, {}};
  if (is_operator_call(portal_, request)) {
    request.endpoint = Endpoint::operator_side;
    plan.refusal = refuse_foreign_form(request);
    return plan;
  }
  const auto same_path =
      std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& route) { return route.path == request.path; });
  if (same_path == kRoutes.end()) return plan;
  request.endpoint = same_path->endpoint;
  const Route* route = route_of(request);
  if (route == nullptr || route->needs == Needs::nothing) return plan;
  if (const auto account = portal_.sessions.account_of(cookie_value(request.cookie, kSessionCookie))) {
    request.account = *account;
  } else {
    plan.refusal = route->needs == Needs::session_page || request.wants_html()
                       ? redirect("/masuk")
                       : refuse(request, 401, "NOT_LOGGED_IN", "Silakan masuk terlebih dahulu");
    return plan;
  }
  if (route->endpoint == Endpoint::id_card) return plan_id_card(portal_, request);
  return plan;
}

void Router::handle(Request request, Responder respond) {
  if (request.endpoint == Endpoint::operator_side) return operator_call(portal_, request, respond);
  if (request.endpoint == Endpoint::unknown) {
    return respond(refuse(request, 404, "NOT_FOUND", "Halaman tidak ditemukan"));
  }
  const Route* route = route_of(request);
  if (route == nullptr) return respond(wrong_method(request));
  route->handler(portal_, request, respond);
}

}  // namespace gelombang::sandbox
