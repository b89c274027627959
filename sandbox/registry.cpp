#include "sandbox/registry.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace gelombang::sandbox {
namespace {

std::optional<unsigned> number(std::string_view digits) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (ec != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

}  // namespace

bool birth_date_matches(const std::string& nik, const std::string& birth_date) {
  if (nik.size() != 16 || birth_date.size() != 10 || birth_date[4] != '-' || birth_date[7] != '-') return false;
  const std::string_view date = birth_date;
  const auto year = number(date.substr(0, 4));
  const auto month = number(date.substr(5, 2));
  const auto day = number(date.substr(8, 2));
  if (!year || !month || !day) return false;
  const std::chrono::year_month_day calendar{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                             std::chrono::day{*day}};
  if (!calendar.ok()) return false;
  const std::string_view coded = std::string_view(nik).substr(6, 6);
  const auto coded_day = number(coded.substr(0, 2));
  return coded_day && (*coded_day == *day || *coded_day == *day + 40) && number(coded.substr(2, 2)) == month &&
         number(coded.substr(4, 2)) == *year % 100;
}

void Registry::configure(double per_second, Duration delay) {
  const std::lock_guard lock(mutex_);
  delay_ = delay;
  if (per_second == rate_) return;
  rate_ = per_second;
  bucket_ = TokenBucket(per_second, std::max(1.0, per_second));
}

void Registry::look_up(const Identity& identity, std::function<void(const RegistryAnswer&)> then) {
  std::optional<Duration> wait;
  Duration delay{};
  {
    const std::lock_guard lock(mutex_);
    wait = bucket_.take(clock_.now());
    delay = delay_;
  }
  if (wait) return then({RegistryAnswer::Outcome::busy, *wait});
  const RegistryAnswer answer{birth_date_matches(identity.nik, identity.birth_date) ? RegistryAnswer::Outcome::match
                                                                                    : RegistryAnswer::Outcome::mismatch,
                              Duration{0}};
  if (delay == Duration{0}) return then(answer);
  timers_.after(delay, [then = std::move(then), answer] { then(answer); });
}

}  // namespace gelombang::sandbox
