// The outgoing mail, as a table in the database: accepted mail is sent even after a crash.
#pragma once

#include "base/clock.hpp"
#include "sandbox/faults.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gelombang::sandbox {

class Database;
class DbConnection;
class MailTransport;

enum class MailState : std::uint8_t { queued = 0, inbox = 1, spam = 2, lost = 3, refused = 4, expired = 5 };

// The pause after the n-th failed attempt (n from 1): short at first, as big senders do after greylisting, then hours.
// Nothing after the last attempt: the mail is given up after about 4 days.
std::optional<Duration> retry_pause(unsigned attempts);

// Adds a verification mail with `token` in its link. Call it inside a write transaction.
void queue_mail(DbConnection& connection, const std::string& recipient, const std::string& name,
                const std::string& token, WallTime now, Duration delay);

class MailQueue {
 public:
  struct Options {
    std::string base_url;    // prefix of the links
    std::uint64_t seed = 1;  // decides which mails are lost, marked as spam or deferred
  };

  // All arguments must outlive the queue.
  MailQueue(Database& database, MailTransport& transport, const Faults& faults, const Clock& clock, Options options);
  ~MailQueue();
  MailQueue(const MailQueue&) = delete;
  MailQueue& operator=(const MailQueue&) = delete;

  void start();  // starts the delivery thread
  void stop();   // after the current mail; the rest stays queued
  void wake();   // tells the thread that new mail is due
  // Delivers one batch of due mail. Returns when the next mail is due, if there is one. Called by the thread, and by
  // tests with a fake clock.
  std::optional<WallTime> run_due();

 private:
  struct Item {
    std::int64_t id = 0;
    std::string recipient;
    std::string name;
    std::string token;
    unsigned attempts = 0;
    std::int64_t created_at = 0;
  };
  struct Outcome {
    std::int64_t id = 0;
    MailState state = MailState::queued;
    std::int64_t next_at = 0;
  };

  void run();
  std::vector<Item> due_items();
  Outcome send(const Item& item);
  bool record(const std::vector<Outcome>& outcomes);

  Database& database_;
  MailTransport& transport_;
  const Faults& faults_;
  const Clock& clock_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gelombang::sandbox
