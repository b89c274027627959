// Reproducible randomness. A RandomStream is a pure function of (seed, purpose, index): what an
// arrival draws does not depend on the worker, process or machine that plays it.
// std:: distributions are avoided because their results differ between standard libraries.
#pragma once

#include <cstdint>

namespace gelombang {

// What a stream is for: streams of different purposes are independent of each other.
enum class RandomPurpose : std::uint64_t {
  arrivals = 1,
  journey = 2,
  person = 3,
  think = 4,
  script = 5,
  photo = 6,
  feeder = 7,
  trace = 8,
  behaviour = 9,
  network = 10,
  draw = 11,
  resample = 12,
};

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint64_t index) noexcept;

  // 64 independent bits (SplitMix64, Steele et al. 2014).
  std::uint64_t next() noexcept;
  // [0, 1), 53 bits.
  double uniform() noexcept;
  // [0, bound), without modulo bias; bound > 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  // Mean 1.
  double exponential() noexcept;
  // Standard normal (inverse CDF, Acklam's approximation; relative error below 1.2e-9).
  double normal() noexcept;
  // Log-normal with 5 % below `p5` and 5 % above `p95`; 0 < p5 <= p95.
  double log_normal_between(double p5, double p95) noexcept;

 private:
  std::uint64_t state_;
};

// Mixes 64 bits so that near inputs give unrelated outputs (SplitMix64's finaliser).
std::uint64_t mix64(std::uint64_t x) noexcept;

}  // namespace gelombang
