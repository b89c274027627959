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
  std::string url;  // imap://host[:port], imaps://host[:port], maildir:DIR; no userinfo
  std::string user;
  Secret password;
  Duration poll_interval = std::chrono::milliseconds(500);  // the resolution of every delay
  bool verify_certificates = true;
  std::string ca_file;
};

struct MailExpectation {
  std::string recipient;  // compared without case
  std::string link_text;  // the text of the link wanted, or empty: the mail alone is enough
  TimePoint caused_at{};  // the end of the request that caused the mail
  Duration expected_within = std::chrono::seconds(30);  // later is late
  Duration give_up_after = std::chrono::seconds(120);   // later is lost; >= expected_within
};

struct MailOutcome {
  enum class Kind : std::uint8_t {
    delivered,      // in time or late: see result
    lost,           // not seen by give_up_after
    mailbox_fault,  // the mailbox could not be read in that time: error says why; not the target's fault
    interrupted,    // cancelled
  };
  Kind kind = Kind::delivered;
  MailResult result = MailResult::in_time;
  ErrorClass error = ErrorClass::none;  // mail_late is no error here; mail_link_bad where the link is missing
  MailFolder folder = MailFolder::inbox;
  Duration delay{};  // caused_at to the first look that saw it
  std::string subject;
  std::string link;  // empty where none was asked for or found
};

class MailWatcher {
 public:
  using ExpectationId = std::uint64_t;
  // Called once, on the watcher's thread: post it to your own.
  using Done = std::function<void(MailOutcome)>;

  // Bad options (unknown scheme, userinfo in the URL, no such directory) are an Error.
  static Result<std::unique_ptr<MailWatcher>> open(MailboxOptions options, const Clock& clock);
  virtual ~MailWatcher() = default;

  // Thread-safe. A mail that came before the call counts too, as long as it came after caused_at.
  virtual ExpectationId expect(MailExpectation expectation, Done done) = 0;
  // Thread-safe. Counts the mail as pending; done is called with `interrupted`.
  virtual void cancel(ExpectationId id) = 0;

  struct Tally {
    std::vector<MailSample> samples;  // since the last call, one for each mail or expectation decided
    bool healthy = true;              // false: the mailbox cannot be read at the moment
    ErrorClass fault = ErrorClass::none;
    std::string fault_detail;
  };
  // Thread-safe. What happened since the last call, for the recorder.
  virtual Tally take() = 0;
};

}  // namespace gelombang
