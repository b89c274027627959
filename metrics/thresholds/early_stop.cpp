#include "metrics/thresholds/early_stop.hpp"

#include <fmt/format.h>

namespace gelombang {

std::optional<std::string> EarlyStop::judge(TimePoint now, const Counts& counts) {
  if (counts.answered || counts.sent == 0) return std::nullopt;
  if (!first_sent_) first_sent_ = now;
  if (counts.sent < kRequests) return std::nullopt;
  if (!enough_sent_) enough_sent_ = now;
  if (now - *first_sent_ < kPatience || now - *enough_sent_ < kLast) return std::nullopt;
  const std::string left =
      counts.given_up > 0 ? fmt::format(" ({} were given up by people who left)", counts.given_up) : "";
  return fmt::format(
      "none of {} requests was answered in the first {:.0f} s{}: stopped early (--no-early-stop plays on)", counts.sent,
      to_seconds(now - *first_sent_), left);
}

}  // namespace gelombang
