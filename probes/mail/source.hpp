// Where mail is read from: the interface between the accounting and the mailbox.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// Why a mailbox could not be read.
struct MailFault {
  ErrorClass error = ErrorClass::mailbox_unreachable;
  std::string detail;  // one line for people; no address, no subject, no secret
};

struct RawMail {
  MailFolder folder = MailFolder::inbox;
  TimePoint seen_at{};                       // the first look that saw it
  std::string_view bytes;                    // valid during the call; may be cut at kMaxMailBytes
  ErrorClass unreadable = ErrorClass::none;  // why it was given up after several tries; then there are no bytes
};

struct Look {
  std::optional<MailFault> fault;
  bool whole = true;  // false: there is more mail than one look reads; the next look goes on. Never with a fault
};

class MailSource {
 public:
  using Deliver = std::function<void(const RawMail&)>;

  virtual ~MailSource() = default;
  // Takes one look: hands over the mails that are new since the look before, each of them once, even if a look fails
  // half way. Mail that was there when the source was made is history and is not handed over. A look that is whole and
  // has no fault has read everything.
  virtual Look look(const Deliver& deliver) = 0;
  // Thread-safe: a look in progress ends soon, and so does every later one.
  virtual void stop() noexcept = 0;
};

}  // namespace gelombang
