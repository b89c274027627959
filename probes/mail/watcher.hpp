// One shared look at a mailbox for all users who wait for mail: polls IMAP or a Maildir on a thread
// of its own and hands each mail to the user whose address it was sent to.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "metrics/sample.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

struct MailboxOptions {
  // imap://host[:port], imaps://host[:port], maildir:DIR; no userinfo. Beyond loopback, imap:// insists
  // on STARTTLS.
  std::string url;
  // The account. A Maildir needs none, but a catch-all one may be told its own address, so that a
  // Delivered-To that repeats it is not taken for the recipient.
  std::string user;
  Secret password;
  Duration poll_interval = std::chrono::milliseconds(500);  // the resolution of every delay; >= 10 ms
  // How long an IMAP server may say nothing (whole seconds, rounded up); twice as long for a whole command.
  Duration answer_within = std::chrono::seconds(15);
  // How long the first look may take in all, for which the run waits. Later ones go on beside it.
  Duration first_look_within = std::chrono::seconds(60);
  bool verify_certificates = true;
  std::string ca_file;
};

struct MailExpectation {
  std::string recipient;  // compared without case
  std::string link_text;  // the text of the link wanted, or empty: the mail alone is enough
  TimePoint caused_at{};  // the end of the request that caused the mail
  Duration expected_within = std::chrono::seconds(30);  // later is late
  Duration give_up_after = std::chrono::seconds(120);   // later is lost; >= expected_within
  // How long the request that caused the mail took: a mail may be seen before its answer, and then has
  // a delay of 0. A mail seen earlier than that is another one's.
  Duration request_time = std::chrono::seconds(5);
};

struct MailOutcome {
  enum class Kind : std::uint8_t {
    delivered,      // in time or late: see result
    lost,           // not seen by give_up_after
    mailbox_fault,  // the mailbox could not be read in that time: error says why; not the target's fault
    interrupted,    // cancelled, while the mailbox could be read
  };
  Kind kind = Kind::delivered;
  // of delivered: in_time, late, or hidden where a fault of the mailbox hides which of the two (error says why)
  MailResult result = MailResult::in_time;
  // mail_late is no error here; mail_link_bad where mail came, but until expected_within none with the link, and a
  // class of the mailbox where that is not known
  ErrorClass error = ErrorClass::none;
  MailFolder folder = MailFolder::inbox;
  Duration delay{};  // caused_at to the first look that saw it
  std::string subject;
  std::string link;  // empty where none was asked for or found
};

class MailWatcher {
 public:
  using ExpectationId = std::uint64_t;
  // Called once, on the watcher's thread or on that of a call to cancel(), take() or finish(): post it to your own.
  using Done = std::function<void(MailOutcome)>;

  // Bad options (unknown scheme, userinfo in the URL, no such directory) are an Error. Takes the first
  // look before it returns, which may last as long as first_look_within: what is there then is history. A mailbox that
  // cannot be reached, or not be read in that time, is no Error but a fault: take() tells.
  static Result<std::unique_ptr<MailWatcher>> open(const MailboxOptions& options, const Clock& clock);
  // Whoever still waits is interrupted before this returns.
  virtual ~MailWatcher() = default;

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
