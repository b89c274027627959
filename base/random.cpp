#include "base/random.hpp"

#include <cmath>

namespace gelombang {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;

double polynomial(const double* coefficients, int count, double x) noexcept {
  double value = coefficients[0];
  for (int i = 1; i < count; ++i) value = value * x + coefficients[i];
  return value;
}

// P. J. Acklam's rational approximation of the inverse normal CDF; 0 < p < 1.
double inverse_normal(double p) noexcept {
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                 1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                 6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                 -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                 3.754408661907416e+00, 1.0};
  constexpr double kLow = 0.02425;
  if (p < kLow) {
    const double q = std::sqrt(-2 * std::log(p));
    return polynomial(c, 6, q) / polynomial(d, 5, q);
  }
  if (p > 1 - kLow) {
    const double q = std::sqrt(-2 * std::log(1 - p));
    return -polynomial(c, 6, q) / polynomial(d, 5, q);
  }
  const double q = p - 0.5;
  const double r = q * q;
  return polynomial(a, 6, r) * q / polynomial(b, 6, r);
}

}  // namespace

std::uint64_t mix64(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

RandomStream::RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint64_t index) noexcept
    : state_(mix64(mix64(seed + kGolden) + static_cast<std::uint64_t>(purpose) * kGolden) ^
             mix64(index + 0x632BE59BD9B4E019ULL)) {}

std::uint64_t RandomStream::next() noexcept {
  state_ += kGolden;
  return mix64(state_);
}

double RandomStream::uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::below(std::uint64_t bound) noexcept {
  // Lemire 2019: a multiplication, and a rejection only where the range does not divide evenly.
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<Wide>(next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::exponential() noexcept { return -std::log1p(-uniform()); }

double RandomStream::normal() noexcept {
  const double u = (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53;
  return inverse_normal(u);
}

double RandomStream::log_normal_between(double p5, double p95) noexcept {
  constexpr double kZ95 = 1.6448536269514722;
  const double mu = (std::log(p5) + std::log(p95)) / 2;
  const double sigma = (std::log(p95) - std::log(p5)) / (2 * kZ95);
  return std::exp(mu + sigma * normal());
}

}  // namespace gelombang
