// How many users of the process are at work, over all workers, and whether there is room for one more.
#pragma once

#include <atomic>
#include <cstdint>

namespace gelombang {

class UserPlaces {
 public:
  // False if `limit` places are taken. Another caller that is refused at the same moment has no influence.
  bool take(std::uint64_t limit) noexcept {
    std::uint64_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken >= limit) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed));
    std::uint64_t most = most_.load(std::memory_order_relaxed);
    while (most < taken + 1 && !most_.compare_exchange_weak(most, taken + 1, std::memory_order_relaxed)) {
    }
    return true;
  }
  void give_back() noexcept { taken_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_.load(std::memory_order_relaxed); }  // so far

 private:
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> most_{0};
};

}  // namespace gelombang
