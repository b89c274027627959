#include "sandbox/mail_queue.hpp"

#include "base/random.hpp"
#include "sandbox/database.hpp"
#include "sandbox/mail_transport.hpp"
#include "sandbox/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gelombang::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr int kBatch = 64;
constexpr auto kLongestSleep = 1s;  // also how soon a step of the wall clock is noticed

}  // namespace

std::optional<Duration> retry_pause(unsigned attempts) {
  static constexpr std::array<std::chrono::seconds, 8> kFirst = {2s, 10s, 1min, 3min, 10min, 30min, 1h, 2h};
  constexpr unsigned kLast = kFirst.size() + 23;  // 23 times 4 h: about 4 days in all
  if (attempts == 0 || attempts > kLast) return {};
  return attempts <= kFirst.size() ? kFirst[attempts - 1] : std::chrono::seconds(4h);
}

void queue_mail(DbConnection& connection, const std::string& recipient, const std::string& name,
                const std::string& token, WallTime now, Duration delay) {
  Query(connection, "INSERT INTO mails (recipient, name, token, created_at, next_at) VALUES (?, ?, ?, ?, ?)", recipient,
        name, token, unix_ms(now), unix_ms(now + delay))
      .run();
}

MailQueue::MailQueue(Database& database, MailTransport& transport, const Faults& faults, const Clock& clock,
                     Options options)
    : database_(database), transport_(transport), faults_(faults), clock_(clock), options_(std::move(options)) {}

MailQueue::~MailQueue() { stop(); }

void MailQueue::start() {
  thread_ = std::thread([this] { run(); });
}

void MailQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  transport_.cancel();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MailQueue::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void MailQueue::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      woken_ = false;
    }
    const auto next = run_due();
    Duration sleep = kLongestSleep;
    if (next) sleep = std::clamp<Duration>(*next - clock_.wall_now(), Duration{0}, kLongestSleep);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, sleep, [this] { return stopping_ || woken_; });
  }
}

std::optional<WallTime> MailQueue::run_due() {
  std::vector<Outcome> outcomes;
  for (const Item& item : due_items()) {
    outcomes.push_back(send(item));
    const std::lock_guard lock(mutex_);
    if (stopping_) break;
  }
  // If the results cannot be recorded, continuing would send the same mails again.
  if (!outcomes.empty() && !(transport_.settle() && record(outcomes))) return clock_.wall_now() + kLongestSleep;
  std::optional<std::int64_t> next;
  database_.read_now([&next](DbConnection& c) {
    Query row(c, "SELECT min(next_at) FROM mails WHERE state = 0");
    if (row.next()) next = row.maybe_integer(0);
  });
  if (!next) return {};
  return from_unix_ms(*next);
}

std::vector<MailQueue::Item> MailQueue::due_items() {
  std::vector<Item> items;
  database_.read_now([&](DbConnection& c) {
    items.clear();
    Query rows(c,
               "SELECT id, recipient, name, token, attempts, created_at FROM mails WHERE state = 0 AND next_at <= ? "
               "ORDER BY next_at, id LIMIT ?",
               unix_ms(clock_.wall_now()), kBatch);
    while (rows.next()) {
      items.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.text(3),
                       static_cast<unsigned>(rows.integer(4)), rows.integer(5)});
    }
  });
  return items;
}

MailQueue::Outcome MailQueue::send(const Item& item) {
  const FaultSettings faults = faults_.now();
  // Loss and spam are drawn for each mail, deferral for each attempt.
  RandomStream chance(options_.seed, RandomPurpose::behaviour, static_cast<std::uint64_t>(item.id));
  const bool lost = chance.uniform() < faults.mail_loss;
  const bool spam = chance.uniform() < faults.mail_spam;
  RandomStream attempt_chance(options_.seed ^ (item.attempts + 1), RandomPurpose::network,
                              static_cast<std::uint64_t>(item.id));
  const bool deferred = attempt_chance.uniform() < faults.mail_defer;
  Delivery delivery = Delivery::deferred;
  if (!deferred) {
    if (lost) return {item.id, MailState::lost, 0};
    VerificationMail mail;
    mail.id = item.id;
    mail.queued_at = item.created_at;
    mail.recipient = item.recipient;
    mail.name = item.name;
    mail.link = fmt::format("{}/verifikasi?token={}", options_.base_url, item.token);
    mail.sent_at = unix_ms(clock_.wall_now()) / 1000;
    mail.spam = spam;
    delivery = transport_.deliver(mail);
  }
  if (delivery == Delivery::accepted) return {item.id, spam ? MailState::spam : MailState::inbox, 0};
  if (delivery == Delivery::refused) return {item.id, MailState::refused, 0};
  const auto pause = retry_pause(item.attempts + 1);
  if (!pause) return {item.id, MailState::expired, 0};
  return {item.id, MailState::queued, unix_ms(clock_.wall_now() + *pause)};
}

bool MailQueue::record(const std::vector<Outcome>& outcomes) {
  const std::int64_t now = unix_ms(clock_.wall_now());
  const DbOutcome written = database_.write_now([&](DbConnection& c) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.state == MailState::queued) {
        Query(c, "UPDATE mails SET attempts = attempts + 1, next_at = ? WHERE id = ?", outcome.next_at, outcome.id)
            .run();
      } else {
        // The database no longer needs the link.
        Query(c, "UPDATE mails SET attempts = attempts + 1, state = ?, ended_at = ?, token = NULL WHERE id = ?",
              static_cast<int>(outcome.state), now, outcome.id)
            .run();
      }
    }
  });
  return written == DbOutcome::ok;
}

}  // namespace gelombang::sandbox
