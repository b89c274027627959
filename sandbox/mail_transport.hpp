// Where the mail queue delivers to: a Maildir on this machine, or an SMTP server.
#pragma once

#include "base/result.hpp"
#include "sandbox/mail_message.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

enum class Delivery : std::uint8_t {
  accepted,
  deferred,  // try again later: no connection, 4xx, disk full
  refused,   // never: 5xx
};

class MailTransport {
 public:
  virtual ~MailTransport() = default;
  // Blocks; called by the queue's thread alone.
  virtual Delivery deliver(const VerificationMail& mail) = 0;
  // After a batch: what was accepted is on the disk. False: it may not be, deliver it again.
  virtual bool settle() { return true; }
  // From another thread: a delivery that waits for a server gives up (deferred), now and later.
  virtual void cancel() {}
};

// One mailbox for all recipients; spam goes to its folder ".Junk" (Maildir++, as Dovecot reads it).
// The file name follows from the mail: a delivery repeated after a crash replaces the file.
Result<std::unique_ptr<MailTransport>> make_maildir(const std::string& directory);
// "smtp://127.0.0.1:2525"; the connection is kept for the next mail.
Result<std::unique_ptr<MailTransport>> make_smtp(const std::string& url);
// "maildir:DIR" or "smtp://HOST:PORT".
Result<std::unique_ptr<MailTransport>> make_transport(std::string_view where);

}  // namespace gelombang::sandbox
