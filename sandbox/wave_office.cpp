#include "sandbox/wave_office.hpp"

#include "sandbox/database.hpp"
#include "sandbox/unix_time.hpp"

#include <spdlog/spdlog.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace gelombang::sandbox {
namespace {

namespace json = boost::json;

std::string describe(const std::optional<Wave>& wave) {
  json::object body;
  if (!wave) {
    body["state"] = "NO_OPEN_WAVE";
    body["text"] = "Gelombang tidak ditemukan";
    return json::serialize(body);
  }
  const std::string_view name = wave_state_name(wave->state);
  const std::string_view text = wave_state_text(wave->state);
  body["state"] = json::string_view(name.data(), name.size());
  body["text"] = json::string_view(text.data(), text.size());
  body["number"] = wave->number;
  body["quota"] = wave->quota;
  body["opened_at"] = iso_time(wave->opened_at);
  body["closes_at"] = wave->closes_at ? json::value(iso_time(*wave->closes_at)) : json::value(nullptr);
  return json::serialize(body);
}

void draw_winners(DbConnection& connection, const Wave& wave) {
  std::vector<Participant> participants;
  {
    Query rows(connection, "SELECT a.id, a.kk FROM joins j JOIN accounts a ON a.id = j.account WHERE j.wave = ?",
               wave.id);
    while (rows.next()) participants.push_back({rows.integer(0), rows.text(1)});
  }
  const DrawSeed seed = random_draw_seed();
  // The seed is kept, so that anybody with the list of participants can repeat the draw.
  SQLite::Statement& keep = connection.prepare("UPDATE waves SET draw_seed = ? WHERE id = ?");
  keep.bind(1, seed.data(), static_cast<int>(seed.size()));
  keep.bind(2, wave.id);
  keep.exec();
  keep.reset();
  Query(connection, "UPDATE joins SET selected = 0 WHERE wave = ?", wave.id).run();
  for (const std::int64_t account : draw(participants, wave.quota, seed)) {
    Query(connection, "UPDATE joins SET selected = 1 WHERE account = ? AND wave = ?", account, wave.id).run();
  }
}

std::optional<Wave> newest(DbConnection& connection) {
  Query row(connection,
            "SELECT id, number, quota, state, opened_at, closes_at, closed_at, result_delay FROM waves "
            "ORDER BY id DESC LIMIT 1");
  if (!row.next()) return {};
  Wave wave;
  wave.id = row.integer(0);
  wave.number = row.integer(1);
  wave.quota = row.integer(2);
  wave.state = static_cast<WaveState>(row.integer(3));
  wave.opened_at = from_unix_ms(row.integer(4));
  if (const auto at = row.maybe_integer(5)) wave.closes_at = from_unix_ms(*at);
  if (const auto at = row.maybe_integer(6)) wave.closed_at = from_unix_ms(*at);
  wave.result_delay = std::chrono::milliseconds(row.integer(7));
  return wave;
}

std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

}  // namespace

Result<void> WaveOffice::load() {
  std::optional<Wave> wave;
  if (database_.read_now([&wave](DbConnection& c) { wave = newest(c); }) != DbOutcome::ok) {
    return Error{"the waves cannot be read from the database"};
  }
  publish(wave);
  return {};
}

Result<Wave> WaveOffice::open(const Opening& opening) {
  const std::lock_guard changing(change_mutex_);
  if (const auto wave = latest(); wave && wave->state != WaveState::announced) {
    return Error{"a wave is still open or without its result"};
  }
  const std::int64_t now = unix_ms(clock_.wall_now());
  std::optional<Wave> wave;
  const DbOutcome outcome = database_.write_now([&](DbConnection& c) {
    Query(c, "INSERT INTO waves (number, quota, state, opened_at, result_delay) VALUES (?, ?, 0, ?, ?)", opening.number,
          opening.quota, now, to_ms(opening.result_delay))
        .run();
    if (opening.open_for) {
      Query(c, "UPDATE waves SET closes_at = ? WHERE id = ?", now + to_ms(*opening.open_for), c.last_row()).run();
    }
    wave = newest(c);
  });
  if (outcome != DbOutcome::ok || !wave) return Error{"the wave cannot be written to the database"};
  publish(wave);
  return *wave;
}

Result<Wave> WaveOffice::close(std::optional<Duration> result_delay) {
  const std::lock_guard changing(change_mutex_);
  auto wave = latest();
  if (!wave || wave->state != WaveState::open) return Error{"no wave is open"};
  if (result_delay) wave->result_delay = *result_delay;
  if (auto done = advance(*wave, WaveState::processing); !done) return done.error();
  wave = latest();
  if (wave->result_delay == Duration{0}) {
    if (auto done = advance(*wave, WaveState::announced); !done) return done.error();
  }
  return *latest();
}

void WaveOffice::tick() {
  const std::lock_guard changing(change_mutex_);
  const auto wave = latest();
  if (!wave) return;
  const WaveState due = due_state(*wave, clock_.wall_now());
  if (due == wave->state) return;
  if (auto done = advance(*wave, due); !done) spdlog::error("wave {}: {}", wave->number, done.error().message);
}

// Moves `wave` to `state`. Draws the winners on entering "evaluating", or "announced" if that was skipped.
Result<void> WaveOffice::advance(const Wave& wave, WaveState state) {
  const std::int64_t now = unix_ms(clock_.wall_now());
  std::optional<Wave> written;
  const DbOutcome outcome = database_.write_now([&](DbConnection& c) {
    if (wave.state == WaveState::open) {
      Query(c, "UPDATE waves SET closed_at = ?, result_delay = ? WHERE id = ?", now, to_ms(wave.result_delay), wave.id)
          .run();
    }
    if (wave.state < WaveState::evaluating && state >= WaveState::evaluating) draw_winners(c, wave);
    if (state == WaveState::announced) Query(c, "UPDATE waves SET result_at = ? WHERE id = ?", now, wave.id).run();
    Query(c, "UPDATE waves SET state = ? WHERE id = ?", static_cast<int>(state), wave.id).run();
    written = newest(c);
  });
  if (outcome != DbOutcome::ok) return Error{"the wave cannot be written to the database"};
  publish(written);
  return {};
}

void WaveOffice::publish(const std::optional<Wave>& wave) {
  auto text = std::make_shared<const std::string>(describe(wave));
  const std::lock_guard lock(mutex_);
  latest_ = wave;
  json_ = std::move(text);
}

std::optional<Wave> WaveOffice::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::shared_ptr<const std::string> WaveOffice::current_json() const {
  const std::lock_guard lock(mutex_);
  return json_;
}

JoinOutcome join_wave(DbConnection& connection, std::int64_t account, WallTime now) {
  std::int64_t wave = 0;
  {
    Query row(connection,
              "SELECT id FROM waves WHERE state = 0 AND (closes_at IS NULL OR closes_at > ?) ORDER BY id DESC LIMIT 1",
              unix_ms(now));
    if (!row.next()) return JoinOutcome::no_open_wave;
    wave = row.integer(0);
  }
  {
    Query row(connection,
              "SELECT verified_at IS NOT NULL AND identity_at IS NOT NULL AND photo_at IS NOT NULL AND test_at IS NOT "
              "NULL, EXISTS (SELECT 1 FROM joins j JOIN waves w ON w.id = j.wave WHERE j.account = a.id AND j.selected "
              "= 1 AND w.state = 3) FROM accounts a WHERE id = ?",
              account);
    if (!row.next() || row.integer(0) == 0) return JoinOutcome::steps_missing;
    if (row.integer(1) != 0) return JoinOutcome::already_selected;
  }
  Query insert(connection, "INSERT OR IGNORE INTO joins (account, wave, joined_at) VALUES (?, ?, ?)", account, wave,
               unix_ms(now));
  return insert.run() == 1 ? JoinOutcome::joined : JoinOutcome::already_joined;
}

}  // namespace gelombang::sandbox
