#include "uptime/availability.hpp"

#include <numeric>

namespace gelombang::uptime {
namespace {

std::uint64_t of(const std::array<std::uint64_t, kVisitResultNames.size()>& counts, VisitResult result) noexcept {
  return counts[static_cast<std::size_t>(result)];
}

}  // namespace

void SlotCounts::add_visit(VisitResult result) noexcept {
  ++outcomes[static_cast<std::size_t>(SlotOutcome::run)];
  ++results[static_cast<std::size_t>(result)];
}

void SlotCounts::add_unplayed(SlotOutcome outcome, std::uint64_t slots) noexcept {
  outcomes[static_cast<std::size_t>(outcome)] += slots;
}

void SlotCounts::merge(const SlotCounts& other) noexcept {
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  for (std::size_t i = 0; i < results.size(); ++i) results[i] += other.results[i];
}

std::uint64_t SlotCounts::due() const noexcept {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::uint64_t SlotCounts::good() const noexcept {
  return of(results, VisitResult::success) + of(results, VisitResult::degraded);
}

std::uint64_t SlotCounts::failed() const noexcept { return of(results, VisitResult::failure); }

Availability availability(const SlotCounts& counts) noexcept {
  Availability found;
  const auto due = static_cast<double>(counts.due());
  const auto good = static_cast<double>(counts.good());
  const auto seen = good + static_cast<double>(counts.failed());
  if (seen > 0) found.uptime = good / seen;
  if (due > 0) {
    found.coverage = seen / due;
    found.lowest = good / due;
    found.highest = (due - static_cast<double>(counts.failed())) / due;
    // In whole numbers, so that exactly 80 % is enough.
    found.enough_seen = 5 * (counts.good() + counts.failed()) >= 4 * counts.due();
  }
  return found;
}

}  // namespace gelombang::uptime
