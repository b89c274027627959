// Polls a mail source and tells the router; backs off while the source fails. Owns the lock between the threads that
// wait for mail and the thread that looks. Has no thread and never waits itself, so that tests run it on a fake clock;
// probes/mail/mailbox.cpp gives it a thread.
#pragma once

#include "base/clock.hpp"
#include "probes/mail/mailbox.hpp"
#include "probes/mail/router.hpp"
#include "probes/mail/source.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace gelombang {

class MailPoller {
 public:
  MailPoller(std::unique_ptr<MailSource> source, const Clock& clock, Duration interval, std::string own_address);

  // Takes one look, if it is time for one. Hands out outcomes. Returns how long to wait until the next call.
  Duration step();
  // Ends a look in progress.
  void stop() noexcept {
    stopping_ = true;
    source_->stop();
  }
  // Thread-safe. Calls the Done of every outcome that is decided.
  void hand_out();

  // Thread-safe, and these calls never wait for a look. expect() sets `decided` if an outcome is ready for hand_out();
  // all others hand out themselves.
  Mailbox::ExpectationId expect(MailExpectation expectation, Mailbox::Done done, bool& decided);
  void cancel(Mailbox::ExpectationId id);
  Mailbox::Tally take();
  Mailbox::Tally finish();

 private:
  void look();
  void take_look();
  [[nodiscard]] Duration pause_after(ErrorClass error) const;

  std::unique_ptr<MailSource> source_;
  const Clock& clock_;
  const Duration interval_;
  const std::string own_address_;
  std::mutex mutex_;  // guards router_
  MailRouter router_;
  TimePoint next_look_ = TimePoint::min();
  int failures_ = 0;  // in a row
  bool looked_ = false;
  std::atomic<bool> stopping_ = false;
};

}  // namespace gelombang
