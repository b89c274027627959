// One shared look at a mailbox for all users who wait for mail: polls IMAP or a Maildir on a thread
// of its own and hands each mail to the user whose address it was sent to.
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
  // Called once, on the mailbox's thread or on that of a call to cancel(), take() or finish(): post it to your own.
  using Done = std::function<void(MailOutcome)>;

  // Bad options (unknown scheme, userinfo in the URL, no such directory) are an Error. Takes the first
  // look before it returns, which may last as long as first_look_within: what is there then is history. A mailbox that
  // cannot be reached, or not be read in that time, is no Error but a fault: take() tells.
  static Result<std::unique_ptr<Mailbox>> open(const MailboxOptions& options, const Clock& clock);
  // Whoever still waits is interrupted before this returns.
  virtual ~Mailbox() = default;

  // Thread-safe. A mail that came before the call counts too, as long as it came after caused_at.
  virtual ExpectationId expect(MailExpectation expectation, Done done) = 0;
  // Thread-safe, and waits for no look. The mail is late if it was not there when a look began after expected_within,
  // else pending, or hidden where the mailbox cannot be read; done is called before this returns.
  virtual void cancel(ExpectationId id) = 0;

  struct Tally {
    // Since the last call, one for each mail or expectation decided. Expectations are in_time, late, lost,
    // pending (cancelled) or hidden (by a fault of the mailbox); other mails are duplicate or unknown,
    // told once nobody can wait for them any more. A mail of an expectation given up is not counted again.
    std::vector<MailSample> samples;
    bool healthy = true;  // false: the mailbox cannot be read at the moment
    ErrorClass fault = ErrorClass::none;
    std::string fault_detail;
    // Of each expectation that is open: from its cause to the start of the last good look, which saw no mail for it.
    // A mailbox that cannot be read makes nobody wait longer.
    std::vector<Duration> waited;
  };
  // Thread-safe. What happened since the last call, for the recorder; call it about once a second, since it also ends
  // what was waited for long enough while a look does not end.
  virtual Tally take() = 0;
  // Thread-safe. The last take(), at the end of a run: decides what is left, so that every expectation and
  // every mail is counted.
  virtual Tally finish() = 0;
};

}  // namespace gelombang
