// What a logged-in person does: dashboard, identity, joining a wave.
#include "base/synthetic_person.hpp"
#include "sandbox/answers.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/pages.hpp"
#include "sandbox/registry.hpp"
#include "sandbox/unix_time.hpp"

namespace gelombang::sandbox {
namespace {

namespace json = boost::json;

DashboardView read_dashboard(DbConnection& connection, std::int64_t account, const std::optional<Wave>& wave) {
  DashboardView dashboard;
  Query row(connection,
            "SELECT name, identity_at IS NOT NULL, photo_at IS NOT NULL, test_at IS NOT NULL, "
            "EXISTS (SELECT 1 FROM joins WHERE account = a.id AND wave = ?2), "
            "EXISTS (SELECT 1 FROM joins j JOIN waves w ON w.id = j.wave "
            "WHERE j.account = a.id AND j.selected = 1 AND w.state = 3) "
            "FROM accounts a WHERE id = ?1",
            account, wave ? wave->id : 0);
  if (!row.next()) return dashboard;
  dashboard.name = row.text(0);
  dashboard.steps = {row.integer(1) != 0, row.integer(2) != 0, row.integer(3) != 0};
  std::optional<WaveState> state;
  if (wave) state = wave->state;
  dashboard.status = dashboard_status(dashboard.steps, state, row.integer(4) != 0, row.integer(5) != 0);
  return dashboard;
}

json::object dashboard_json(const DashboardView& dashboard, const std::optional<Wave>& wave) {
  json::object steps;
  steps["email"] = true;
  steps["identity"] = dashboard.steps.identity;
  steps["id_card"] = dashboard.steps.id_card;
  steps["aptitude_test"] = dashboard.steps.aptitude_test;
  json::object body;
  body["status"] = view(dashboard.status.code);
  body["text"] = view(dashboard.status.text);
  body["name"] = dashboard.name;
  body["steps"] = std::move(steps);
  body["next"] = view(dashboard.steps.next());
  body["wave"] = nullptr;
  if (wave) {
    body["wave"] = json::object{{"number", wave->number}, {"state", view(wave_state_name(wave->state))}};
  }
  return body;
}

template <class Answer>
void with_dashboard(Portal& portal, const Request& request, const Responder& respond, Answer answer) {
  const auto wave = portal.waves.latest();
  read_database(
      portal, respond, [account = request.account, wave](DbConnection& c) { return read_dashboard(c, account, wave); },
      [respond, wave, answer](const DashboardView& dashboard) { respond(answer(dashboard, wave)); });
}

enum class IdentityOutcome : std::uint8_t { stored, same, other_set, nik_taken };

IdentityOutcome store_identity(DbConnection& connection, std::int64_t account, const Identity& identity,
                               std::int64_t now) {
  {
    Query row(connection, "SELECT id, kk, birth_date FROM accounts WHERE nik = ?", identity.nik);
    if (row.next()) {
      if (row.integer(0) != account) return IdentityOutcome::nik_taken;
      const bool same = row.text(1) == identity.kk && row.text(2) == identity.birth_date;
      return same ? IdentityOutcome::same : IdentityOutcome::other_set;
    }
  }
  Query update(connection,
               "UPDATE accounts SET nik = ?, kk = ?, birth_date = ?, identity_at = ? WHERE id = ? AND nik IS NULL",
               identity.nik, identity.kk, identity.birth_date, now, account);
  return update.run() == 1 ? IdentityOutcome::stored : IdentityOutcome::other_set;
}

void keep_identity(Portal& portal, const Request& request, const Responder& respond, const Identity& identity) {
  const std::int64_t now = unix_ms(portal.clock.wall_now());
  write_database(
      portal, respond,
      [account = request.account, identity, now](DbConnection& c) { return store_identity(c, account, identity, now); },
      [request, respond](IdentityOutcome outcome) {
        if (outcome == IdentityOutcome::nik_taken) {
          return respond(refuse(request, 409, "NIK_TAKEN", "NIK sudah dipakai akun lain"));
        }
        if (outcome == IdentityOutcome::other_set) {
          return respond(refuse(request, 409, "IDENTITY_SET", "Data KTP sudah diisi dan tidak dapat diubah"));
        }
        if (request.wants_html()) return respond(redirect("/dashboard"));
        json::object body;
        body["status"] = "IDENTITY_ACCEPTED";
        respond(json_response(200, body));
      });
}

}  // namespace

void get_dashboard(Portal& portal, Request& request, const Responder& respond) {
  with_dashboard(portal, request, respond, [](const DashboardView& dashboard, const std::optional<Wave>& wave) {
    return json_response(200, dashboard_json(dashboard, wave));
  });
}

void get_dashboard_page(Portal& portal, Request& request, const Responder& respond) {
  with_dashboard(portal, request, respond, [](const DashboardView& dashboard, const std::optional<Wave>&) {
    return html_response(200, dashboard_page(dashboard));
  });
}

void post_identity(Portal& portal, Request& request, const Responder& respond) {
  auto fields = read_fields(request);
  if (!fields) return respond(refuse(request, 400, "MALFORMED", "Kiriman tidak dapat dibaca"));
  const Identity identity{(*fields)["nik"], (*fields)["kk"], (*fields)["birth_date"]};
  request.body.clear();
  // Checked before anything else uses the numbers: a number that may belong to a real person is not kept.
  if (!is_synthetic_identity_number(identity.nik) || !is_synthetic_identity_number(identity.kk)) {
    return respond(refuse(request, 422, "NOT_SYNTHETIC", "Portal tiruan ini hanya menerima NIK dan KK sintetis"));
  }
  portal.registry.look_up(identity, [&portal, request, respond, identity](const RegistryAnswer& answer) {
    switch (answer.outcome) {
      case RegistryAnswer::Outcome::busy:
        return respond(refuse_for_now(request, 503, "REGISTRY_BUSY", "Layanan data kependudukan sedang sibuk",
                                      answer.retry_after));
      case RegistryAnswer::Outcome::mismatch:
        return respond(refuse(request, 422, "DATA_MISMATCH", "NIK dan tanggal lahir tidak sesuai"));
      case RegistryAnswer::Outcome::match: return keep_identity(portal, request, respond, identity);
    }
  });
}

void post_wave_join(Portal& portal, Request& request, const Responder& respond) {
  const WallTime now = portal.clock.wall_now();
  write_database(
      portal, respond, [account = request.account, now](DbConnection& c) { return join_wave(c, account, now); },
      [request, respond](JoinOutcome outcome) {
        switch (outcome) {
          case JoinOutcome::no_open_wave:
            return respond(refuse(request, 409, "NO_OPEN_WAVE", "Gelombang tidak ditemukan"));
          case JoinOutcome::steps_missing:
            return respond(refuse(request, 409, "STEPS_MISSING", "Lengkapi pendaftaran terlebih dahulu"));
          case JoinOutcome::already_selected:
            return respond(refuse(request, 409, "ALREADY_SELECTED", "Kamu sudah menerima Kartu Prakerja"));
          case JoinOutcome::joined:
          case JoinOutcome::already_joined: break;
        }
        if (request.wants_html()) return respond(redirect("/dashboard"));
        json::object body;
        body["status"] = "WAITING_CLOSE";
        body["text"] = "Menunggu gelombang ditutup";
        respond(json_response(200, body));
      });
}

}  // namespace gelombang::sandbox
