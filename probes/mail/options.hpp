// Where a mailbox is, and how it is read.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <string>

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

}  // namespace gelombang
