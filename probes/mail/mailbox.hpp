// Polls a mailbox (IMAP or a Maildir) on its own thread, for all users who wait for mail. Hands each mail to the user
// whose address it was sent to.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/sample.hpp"
#include "probes/mail/expectation.hpp"
#include "probes/mail/options.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

class Mailbox {
 public:
  using ExpectationId = std::uint64_t;
  // Called once, on the mailbox's thread or on the thread that calls cancel(), take() or finish(). Post the work to
  // your own thread.
  using Done = std::function<void(MailOutcome)>;

  // Bad options (unknown scheme, userinfo in the URL, no such directory) are an Error. Takes the first look before it
  // returns, for at most first_look_within: mail that is there then is history. A mailbox that cannot be reached, or
  // cannot be read in that time, is no Error but a fault: take() reports it.
  static Result<std::unique_ptr<Mailbox>> open(const MailboxOptions& options, const Clock& clock);
  // Open expectations are interrupted before this returns.
  virtual ~Mailbox() = default;

  // Thread-safe. A mail that came before the call counts too, as long as it came after caused_at.
  virtual ExpectationId expect(MailExpectation expectation, Done done) = 0;
  // Thread-safe, and waits for no look. The mail is late if a look that began after expected_within did not see it,
  // otherwise pending, or hidden if the mailbox cannot be read. `done` is called before this returns.
  virtual void cancel(ExpectationId id) = 0;

  struct Tally {
    // One for each mail or expectation decided since the last call. Expectations are in_time, late, lost, pending
    // (cancelled) or hidden (by a fault of the mailbox); other mails are duplicate or unknown, reported once nobody can
    // wait for them any more. The mail of an expectation that was given up is not counted again.
    std::vector<MailSample> samples;
    bool healthy = true;  // false: the mailbox cannot be read at the moment
    ErrorClass fault = ErrorClass::none;
    std::string fault_detail;
    // For each open expectation: the time from its cause to the start of the last good look, which saw no mail for it.
    // Time in which the mailbox cannot be read does not count.
    std::vector<Duration> waited;
  };
  // Thread-safe. What happened since the last call, for the recorder. Call it about once a second, because it also ends
  // overdue expectations while a look does not end.
  virtual Tally take() = 0;
  // Thread-safe. The last take(), at the end of a run: decides what is left, so that every expectation and
  // every mail is counted.
  virtual Tally finish() = 0;
};

}  // namespace gelombang
