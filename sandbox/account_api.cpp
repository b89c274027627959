// Registration, the verification mail and its link.
#include "sandbox/answers.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/password.hpp"
#include "sandbox/unix_time.hpp"

#include <algorithm>

namespace gelombang::sandbox {
namespace {

struct Registration {
  std::string email;
  std::string name;
  Secret password;
};

std::string field(const std::map<std::string, std::string>& fields, const char* name) {
  const auto at = fields.find(name);
  return at == fields.end() ? std::string() : at->second;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 32 && c != 127; });
}

// A response for the first rule that the fields break.
std::optional<Response> broken_rule(const Request& request, const std::map<std::string, std::string>& fields) {
  const std::string password = field(fields, "password");
  if (!valid_email(field(fields, "email"))) {
    return refuse(request, 422, "EMAIL_INVALID", "Email hanya boleh berisi a-z, 0-9, titik dan @");
  }
  if (password.size() < 6) return refuse(request, 422, "PASSWORD_TOO_SHORT", "Gunakan 6 karakter atau lebih");
  if (password.size() > kMaxPasswordBytes) return refuse(request, 422, "PASSWORD_TOO_LONG", "Password terlalu panjang");
  if (fields.contains("password_confirmation") && field(fields, "password_confirmation") != password) {
    return refuse(request, 422, "PASSWORD_MISMATCH", "Password tidak sama");
  }
  const std::string name = field(fields, "name");
  if (name.size() > 100 || !printable(name)) return refuse(request, 422, "NAME_INVALID", "Nama tidak dapat dipakai");
  return {};
}

// Adds a new link for the account. Call it inside a write transaction.
void add_verification(DbConnection& connection, const Portal& portal, std::int64_t account, const std::string& email,
                      const std::string& name) {
  const FaultSettings faults = portal.faults.now();
  const WallTime now = portal.clock.wall_now();
  const std::string token = random_token();
  const TokenHash hash = token_hash(token);
  SQLite::Statement& insert = connection.prepare("INSERT INTO tokens (hash, account, expires_at) VALUES (?, ?, ?)");
  insert.bind(1, hash.data(), static_cast<int>(hash.size()));
  insert.bind(2, account);
  insert.bind(3, unix_ms(now + faults.link_lifetime));
  insert.exec();
  insert.reset();
  queue_mail(connection, email, name, token, now, faults.mail_delay);
}

// Returns the id of the new account, or nothing if the address is taken.
std::optional<std::int64_t> add_account(DbConnection& connection, const Portal& portal, const Registration& person,
                                        const std::string& hash) {
  Query insert(connection,
               "INSERT OR IGNORE INTO accounts (email, name, password_hash, created_at) VALUES (?, ?, ?, ?)",
               person.email, person.name, hash, unix_ms(portal.clock.wall_now()));
  if (insert.run() == 0) return {};
  const std::int64_t account = connection.last_row();
  add_verification(connection, portal, account, person.email, person.name);
  return account;
}

Response email_taken(const Request& request) { return refuse(request, 409, "EMAIL_TAKEN", "Email sudah terdaftar"); }

void store_account(Portal& portal, const Request& request, const Responder& respond, const Registration& person,
                   const std::string& hash) {
  write_database(
      portal, respond, [&portal, person, hash](DbConnection& c) { return add_account(c, portal, person, hash); },
      [&portal, request, respond](std::optional<std::int64_t> account) {
        if (!account) return respond(email_taken(request));
        portal.mail.wake();
        constexpr std::string_view kText =
            "Akun dibuat. Cek email kamu, juga folder spam, lalu klik Verifikasi Email "
            "Sekarang";
        if (request.wants_html()) return respond(refuse(request, 201, "", kText));
        boost::json::object body;
        body["status"] = "EMAIL_UNVERIFIED";
        body["message"] = kText.data();
        respond(json_response(201, body));
      });
}

struct LinkUse {
  enum class Outcome : std::uint8_t { verified, unknown, used, expired };
  Outcome outcome = Outcome::unknown;
  std::int64_t account = 0;
};

LinkUse use_link(DbConnection& connection, const std::string& token, std::int64_t now) {
  const TokenHash hash = token_hash(token);
  const auto by_hash = [&](std::string_view sql) -> SQLite::Statement& {
    SQLite::Statement& statement = connection.prepare(sql);
    statement.reset();
    statement.bind(1, hash.data(), static_cast<int>(hash.size()));
    return statement;
  };
  SQLite::Statement& row = by_hash("SELECT account, expires_at, used_at IS NOT NULL FROM tokens WHERE hash = ?1");
  if (!row.executeStep()) return {};
  const std::int64_t account = row.getColumn(0).getInt64();
  const bool expired = row.getColumn(1).getInt64() <= now;
  const bool used = row.getColumn(2).getInt() != 0;
  row.reset();
  if (used) return {LinkUse::Outcome::used, account};
  if (expired) return {LinkUse::Outcome::expired, account};
  SQLite::Statement& update = by_hash("UPDATE tokens SET used_at = ?2 WHERE hash = ?1");
  update.bind(2, now);
  update.exec();
  update.reset();
  Query(connection, "UPDATE accounts SET verified_at = coalesce(verified_at, ?) WHERE id = ?", now, account).run();
  return {LinkUse::Outcome::verified, account};
}

}  // namespace

bool valid_email(std::string_view email) {
  if (email.size() > 100) return false;
  const std::size_t at = email.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 >= email.size()) return false;
  if (email.find('@', at + 1) != std::string_view::npos || email.find('.', at) == std::string_view::npos) return false;
  if (email.front() == '.' || email.back() == '.' || email.find("..") != std::string_view::npos) return false;
  return std::all_of(email.begin(), email.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '@'; });
}

void post_account(Portal& portal, Request& request, const Responder& respond) {
  const auto fields = read_fields(request);
  if (!fields) return respond(refuse(request, 400, "MALFORMED", "Kiriman tidak dapat dibaca"));
  if (auto refusal = broken_rule(request, *fields)) return respond(std::move(*refusal));
  Registration person{field(*fields, "email"), field(*fields, "name"), Secret(field(*fields, "password"))};
  if (person.name.empty()) person.name = "Peserta";
  request.body.clear();
  // Looks up the address first, so that a repeated registration costs no hash.
  read_database(
      portal, respond,
      [email = person.email](DbConnection& c) {
        return Query(c, "SELECT 1 FROM accounts WHERE email = ?", email).next();
      },
      [&portal, request, respond, person](bool taken) {
        if (taken) return respond(email_taken(request));
        const bool queued = portal.workers.submit([&portal, request, respond, person] {
          const std::string hash = hash_password(person.password, portal.faults.now().hash);
          if (hash.empty()) return respond(overloaded(request));
          store_account(portal, request, respond, person, hash);
        });
        if (!queued) respond(overloaded(request));
      });
}

void post_verification(Portal& portal, Request& request, const Responder& respond) {
  const auto fields = read_fields(request);
  if (!fields) return respond(refuse(request, 400, "MALFORMED", "Kiriman tidak dapat dibaca"));
  const std::string email = field(*fields, "email");
  if (!valid_email(email)) {
    return respond(refuse(request, 422, "EMAIL_INVALID", "Email hanya boleh berisi a-z, 0-9, titik dan @"));
  }
  if (const auto wait = portal.resends.blocked(email)) {
    return respond(
        refuse_for_now(request, 429, "RESEND_LIMIT", "Terlalu sering meminta email, coba 2 jam lagi", *wait));
  }
  portal.resends.record(email);
  write_database(
      portal, respond,
      [&portal, email](DbConnection& c) {
        std::int64_t account = 0;
        std::string name;
        {
          Query row(c, "SELECT id, name FROM accounts WHERE email = ? AND verified_at IS NULL", email);
          if (!row.next()) return false;
          account = row.integer(0);
          name = row.text(1);
        }
        add_verification(c, portal, account, email, name);
        return true;
      },
      [&portal, request, respond](bool sent) {
        if (sent) portal.mail.wake();
        // The same response for every address: the response must not tell who has an account.
        constexpr std::string_view kText = "Bila email terdaftar dan belum diverifikasi, email baru sudah dikirim";
        if (request.wants_html()) return respond(refuse(request, 202, "", kText));
        boost::json::object body;
        body["message"] = kText.data();
        respond(json_response(202, body));
      });
}

void get_verify_link(Portal& portal, Request& request, const Responder& respond) {
  const auto fields = parse_form(request.query);
  const std::string token = field(fields, "token");
  // A HEAD request must not use up the link.
  if (token.empty() || token.size() > 64 || request.method == Method::head) {
    return respond(refuse(request, token.empty() || token.size() > 64 ? 404 : 200, "LINK_UNKNOWN",
                          "Tautan verifikasi tidak dikenal"));
  }
  write_database(
      portal, respond,
      [&portal, token](DbConnection& c) { return use_link(c, token, unix_ms(portal.clock.wall_now())); },
      [&portal, request, respond](const LinkUse& use) {
        switch (use.outcome) {
          case LinkUse::Outcome::unknown:
            return respond(refuse(request, 404, "LINK_UNKNOWN", "Tautan verifikasi tidak dikenal"));
          case LinkUse::Outcome::used:
            return respond(refuse(request, 410, "LINK_USED", "Tautan verifikasi sudah dipakai, silakan masuk"));
          case LinkUse::Outcome::expired:
            return respond(refuse(request, 410, "LINK_EXPIRED", "Tautan verifikasi kedaluwarsa, minta email baru"));
          case LinkUse::Outcome::verified: break;
        }
        Response response = redirect("/dashboard");
        response.add_header(
            "Set-Cookie",
            session_cookie(portal, portal.sessions.create(use.account, portal.faults.now().session_lifetime)));
        respond(std::move(response));
      });
}

}  // namespace gelombang::sandbox
