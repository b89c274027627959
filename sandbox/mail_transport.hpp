// The destination of the mail queue: a Maildir on this machine or an SMTP server.
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
  refused,   // permanently: 5xx
};

class MailTransport {
 public:
  virtual ~MailTransport() = default;
  // Blocks. Only the queue's thread calls it.
  virtual Delivery deliver(const VerificationMail& mail) = 0;
  // Called after a batch. True: the accepted mails are on the disk. False: they may not be, deliver them again.
  virtual bool settle() { return true; }
  // Called from another thread: a delivery that waits for a server stops as deferred, now and later.
  virtual void cancel() {}
};

// One mailbox for all recipients. Spam goes to its folder ".Junk" (Maildir++, as Dovecot reads it). The mail determines
// the file name, so a delivery repeated after a crash replaces the file.
Result<std::unique_ptr<MailTransport>> make_maildir(const std::string& directory);
// "smtp://127.0.0.1:2525". Keeps the connection for the next mail.
Result<std::unique_ptr<MailTransport>> make_smtp(const std::string& url);
// "maildir:DIR" or "smtp://HOST:PORT".
Result<std::unique_ptr<MailTransport>> make_transport(std::string_view where);

}  // namespace gelombang::sandbox
