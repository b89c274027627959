// A mail that a user waits for, and its outcome.
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
  // How long the request that caused the mail took. A mail may be seen before the response, and then has a delay of 0.
  // A mail seen before the request belongs to another request.
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
  // of delivered: in_time, late, or hidden if a fault of the mailbox hides which of the two it is (error says why)
  MailResult result = MailResult::in_time;
  // mail_late is no error here. mail_link_bad: mail came, but until expected_within none with the link. A class of the
  // mailbox: it is not known whether the link came.
  ErrorClass error = ErrorClass::none;
  MailFolder folder = MailFolder::inbox;
  Duration delay{};  // from caused_at to the first look that saw the mail
  std::string subject;
  std::string link;  // empty if none was wanted or found
};

}  // namespace gelombang
