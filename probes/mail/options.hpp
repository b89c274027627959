// Where a mailbox is, and how it is read.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <string>

namespace gelombang {

struct MailboxOptions {
  // imap://host[:port], imaps://host[:port], maildir:DIR; no userinfo. Beyond loopback, imap:// requires STARTTLS.
  std::string url;
  // The account. A Maildir needs none. A catch-all Maildir may be told its own address, so that a Delivered-To that
  // repeats it is not taken for the recipient.
  std::string user;
  Secret password;
  Duration poll_interval = std::chrono::milliseconds(500);  // the resolution of every delay; >= 10 ms
  // How long an IMAP server may be silent (whole seconds, rounded up). A whole command may take twice as long.
  Duration answer_within = std::chrono::seconds(15);
  // How long the first look may take in all. The run waits for it; later looks run beside the run.
  Duration first_look_within = std::chrono::seconds(60);
  bool verify_certificates = true;
  std::string ca_file;
};

}  // namespace gelombang
