#include "metrics/early_stop.hpp"

#include <fmt/format.h>

namespace gelombang {

std::optional<std::string> EarlyStop::judge(TimePoint now, std::uint64_t sent, bool answered) {
  if (answered || sent == 0) return std::nullopt;
  if (!first_sent_) first_sent_ = now;
  if (sent < kRequests || now - *first_sent_ < kPatience) return std::nullopt;
  return fmt::format(
      "the target answered none of {} requests in the first {:.0f} s: stopped early (--no-early-stop plays on)", sent,
      to_seconds(now - *first_sent_));
}

}  // namespace gelombang
