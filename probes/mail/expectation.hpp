// A mail that a user waits for, and what became of it.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gelombang {

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

}  // namespace gelombang
