// The measurements of one attempt: plain data, produced by probes and engine, consumed by everything else. See
// docs/numbers.md for the meaning of every number.
#pragma once

#include "base/clock.hpp"
#include "metrics/catalog.hpp"
#include "metrics/error_class.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

enum class Phase : std::uint8_t { dns, connect, tls, send, wait, receive };
inline constexpr std::size_t kPhaseCount = 6;
inline constexpr std::array<std::string_view, kPhaseCount> kPhaseNames{"dns",  "connect", "tls",
                                                                       "send", "wait",    "receive"};

// How an attempt ended.
enum class Outcome : std::uint8_t {
  success,
  failure,      // error says which
  interrupted,  // cut off by the end of the run: no failure, kept as a censored duration
  abandoned,    // the person left: a failure of the target, and a censored duration
};
inline constexpr std::size_t kOutcomeCount = 4;
inline constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames{"success", "failure", "interrupted",
                                                                           "abandoned"};

enum class HttpVersion : std::uint8_t { unknown, http1_0, http1_1, http2 };

// A remote address without its text form: 16 bytes (IPv4 is mapped) and a port.
struct RemoteAddress {
  std::array<std::uint8_t, 16> bytes{};
  std::uint16_t port = 0;
  friend bool operator==(const RemoteAddress&, const RemoteAddress&) = default;
};

// One HTTP exchange. Each redirect hop is an exchange of its own.
struct RequestSample {
  static constexpr Duration kNotReached = Duration(-1);

  TimePoint started{};      // the transfer began
  Duration service_time{};  // to the last byte, or to the failure
  std::array<Duration, kPhaseCount> phases{kNotReached, kNotReached, kNotReached,
                                           kNotReached, kNotReached, kNotReached};  // they sum to service_time
  bool send_approximate = false;     // HTTP/2: the end of `send` is that of its connection
  std::uint64_t bytes_sent = 0;      // request line, headers and body
  std::uint64_t bytes_received = 0;  // headers and body, as received on the wire
  int status = 0;                    // 0: no response
  HttpVersion version = HttpVersion::unknown;
  bool new_connection = false;
  RemoteAddress remote{};
  Outcome outcome = Outcome::success;
  ErrorClass error = ErrorClass::none;
};

// One step of a journey: its requests without think, sleep and mail waits.
struct StepSample {
  Duration response_time{};  // from the intended start
  Duration service_time{};   // from the actual start of the first request
  Outcome outcome = Outcome::success;
  ErrorClass error = ErrorClass::none;
  bool timed = true;  // false: it made no request, so the durations mean nothing
};

// One pass of a virtual user through a journey.
struct IterationSample {
  Duration duration{};  // actual start to end, think time included
  Outcome outcome = Outcome::success;
  std::optional<NetworkId> network = std::nullopt;  // the person's
};

enum class DropReason : std::uint8_t {
  users_exhausted,        // all users are busy with the target: counts against the target
  generator_descriptors,  // the generator's fault from here on
  generator_memory,
  generator_stall,
};
inline constexpr std::size_t kDropReasonCount = 4;
inline constexpr std::array<std::string_view, kDropReasonCount> kDropReasonNames{
    "users_exhausted", "generator_descriptors", "generator_memory", "generator_stall"};

enum class MailFolder : std::uint8_t { inbox, spam };
inline constexpr std::array<std::string_view, 2> kMailFolderNames{"inbox", "spam"};

enum class MailResult : std::uint8_t {
  in_time,
  late,       // after expected_within, or still missing when the run ended after that
  lost,       // not seen by give_up_after
  pending,    // none of these by the end of the run
  duplicate,  // a further mail for an expectation that was met
  unknown,    // to nobody who waits or waited
  hidden,     // expected, but a fault of the mailbox hides the result
};
inline constexpr std::size_t kMailResultCount = 7;
inline constexpr std::array<std::string_view, kMailResultCount> kMailResultNames{
    "in_time", "late", "lost", "pending", "duplicate", "unknown", "hidden"};

// The result of one expected mail, or of a mail that nobody expects.
struct MailSample {
  MailResult result = MailResult::in_time;
  MailFolder folder = MailFolder::inbox;
  Duration delay{};       // in_time and late: delivery time; lost and pending: time waited (0: unknown)
  std::string domain{};   // of the waiting address; empty if nobody waited
  bool at_least = false;  // in_time and late: `delay` is a lower bound
};

}  // namespace gelombang
