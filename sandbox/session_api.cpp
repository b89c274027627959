// Logging in and out.
#include "base/synthetic_person.hpp"
#include "sandbox/answers.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/password.hpp"

namespace gelombang::sandbox {
namespace {

struct Credentials {
  std::int64_t account = 0;  // 0: no such address
  std::string hash;          // empty: seeded
  std::uint64_t seed = 0;
  std::uint64_t person = 0;
  bool verified = false;
};

Credentials find_credentials(DbConnection& connection, const std::string& email) {
  Query row(connection, "SELECT id, password_hash, seed, person, verified_at IS NOT NULL FROM accounts WHERE email = ?",
            email);
  Credentials found;
  if (!row.next()) return found;
  found.account = row.integer(0);
  if (row.is_null(1)) {
    found.seed = static_cast<std::uint64_t>(row.integer(2));
    found.person = static_cast<std::uint64_t>(row.integer(3));
  } else {
    found.hash = row.text(1);
  }
  found.verified = row.integer(4) != 0;
  return found;
}

// The argon2id work of a login. Runs on a worker.
bool password_is_right(const Portal& portal, const Credentials& stored, const Secret& password) {
  if (!stored.hash.empty()) return verify_password(stored.hash, password);
  const HashCost cost = portal.faults.now().hash;
  if (stored.account == 0) return verify_without_hash(password, nullptr, cost);
  const SyntheticPerson person = synthetic_person(stored.seed, stored.person, portal.mail_domain);
  return verify_without_hash(password, &person.password, cost);
}

// A hash made at another cost is replaced while the password is known, as portals do.
void refresh_hash(Portal& portal, const Credentials& stored, const Secret& password) {
  const HashCost cost = portal.faults.now().hash;
  if (stored.hash.empty() || !needs_rehash(stored.hash, cost)) return;
  std::string hash = hash_password(password, cost);
  if (hash.empty()) return;
  portal.database.write(
      [account = stored.account, hash = std::move(hash)](DbConnection& c) {
        Query(c, "UPDATE accounts SET password_hash = ? WHERE id = ?", hash, account).run();
      },
      [](DbOutcome) {});
}

void log_in(Portal& portal, const Request& request, const Responder& respond, const std::string& email,
            const Credentials& stored, const Secret& password) {
  if (!password_is_right(portal, stored, password)) {
    portal.wrong_password.record(email);
    return respond(refuse(request, 401, "WRONG_CREDENTIALS", "Email atau password salah"));
  }
  portal.wrong_password.forget(email);
  if (!stored.verified) {
    return respond(refuse(request, 403, "EMAIL_UNVERIFIED", "Email belum diverifikasi, cek inbox dan folder spam"));
  }
  refresh_hash(portal, stored, password);
  const std::string token = portal.sessions.create(stored.account, portal.faults.now().session_lifetime);
  Response response;
  if (request.wants_html()) {
    response = redirect("/dashboard");
  } else {
    boost::json::object body;
    body["status"] = "LOGGED_IN";
    body["next"] = "/dashboard";
    response = json_response(200, body);
  }
  response.add_header("Set-Cookie", session_cookie(portal, token));
  respond(std::move(response));
}

}  // namespace

void post_session(Portal& portal, Request& request, const Responder& respond) {
  constexpr std::string_view kTooMany = "Terlalu banyak percobaan, coba beberapa saat lagi";
  if (const auto wait = portal.login_limit.take(request.peer.to_string())) {
    return respond(refuse_for_now(request, 429, "LOGIN_RATE", kTooMany, *wait));
  }
  auto fields = read_fields(request);
  if (!fields) return respond(refuse(request, 400, "MALFORMED", "Kiriman tidak dapat dibaca"));
  const std::string email = (*fields)["email"];
  const Secret password((*fields)["password"]);
  request.body.clear();
  if (email.empty() || password.empty() || password.reveal().size() > kMaxPasswordBytes) {
    return respond(refuse(request, 422, "CREDENTIALS_MISSING", "Isi email dan password"));
  }
  if (const auto wait = portal.wrong_password.blocked(email)) {
    return respond(refuse_for_now(request, 429, "TOO_MANY_ATTEMPTS", kTooMany, *wait));
  }
  read_database(
      portal, respond, [email](DbConnection& c) { return find_credentials(c, email); },
      [&portal, request, respond, email, password](const Credentials& stored) {
        const bool queued = portal.workers.submit([&portal, request, respond, email, stored, password] {
          log_in(portal, request, respond, email, stored, password);
        });
        if (!queued) respond(overloaded(request));
      });
}

void delete_session(Portal& portal, Request& request, const Responder& respond) {
  portal.sessions.end(cookie_value(request.cookie, kSessionCookie));
  Response response;
  response.status = 204;
  response.add_header("Set-Cookie", expired_cookie(portal));
  respond(std::move(response));
}

}  // namespace gelombang::sandbox
