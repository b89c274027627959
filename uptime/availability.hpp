// How available a monitor was, of the slots that were due in a time, and how sure that is.
#pragma once

#include "uptime/slot.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace gelombang::uptime {

// Due slots by how they ended. Counts add up exactly, so hours add up to days.
struct SlotCounts {
  std::array<std::uint64_t, kSlotOutcomeNames.size()> outcomes{};
  std::array<std::uint64_t, kVisitResultNames.size()> results{};  // of outcome `run`; they sum to it

  void add_visit(VisitResult result) noexcept;
  void add_unplayed(SlotOutcome outcome, std::uint64_t slots) noexcept;  // not `run`
  void merge(const SlotCounts& other) noexcept;

  [[nodiscard]] std::uint64_t due() const noexcept;
  [[nodiscard]] std::uint64_t good() const noexcept;  // degraded is good: the target served
  [[nodiscard]] std::uint64_t failed() const noexcept;
  // Slots that say nothing of the target: aborted visits, and every outcome but `run`.
  [[nodiscard]] std::uint64_t unseen() const noexcept { return due() - good() - failed(); }
  bool operator==(const SlotCounts&) const = default;
};

// Shares in [0, 1]; nothing where nothing was due, or nothing was seen.
struct Availability {
  static constexpr double kEnough = 0.8;

  std::optional<double> uptime;    // good / (good + failed)
  std::optional<double> coverage;  // (good + failed) / due
  std::optional<double> lowest;    // good / due: had all that nobody saw failed
  std::optional<double> highest;   // (good + unseen) / due: had all of it been good
  // Whether coverage is 80 % or more; below, `uptime` is not to be shown as the answer.
  bool enough_seen = false;
};
Availability availability(const SlotCounts& counts) noexcept;

}  // namespace gelombang::uptime
