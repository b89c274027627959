// How the portal keeps passwords: argon2id through libsodium.
//
// Seeded accounts (--accounts) have no stored hash: hashing 10,000 passwords would take minutes at the start. Their row
// names the synthetic person instead. Anybody can compute that person's password from the seed, so a hash would protect
// nothing. A login still does the full argon2id work at the current cost and then compares in constant time: it costs
// the same as any other login.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

struct HashCost {
  unsigned long long passes = 2;
  std::size_t memory_bytes = 16ULL * 1024 * 1024;
  friend bool operator==(const HashCost&, const HashCost&) = default;
};

inline constexpr std::size_t kMaxPasswordBytes = 128;

// "low" (about 0.02 ms), "default" (10 ms), "high" (58 ms on the reference machine).
std::optional<HashCost> hash_cost_named(std::string_view name);

// Blocks for the duration of one hash. Empty if there is no memory for it.
std::string hash_password(const Secret& password, const HashCost& cost);
bool verify_password(const std::string& hash, const Secret& password);
// A login of a seeded account, or of an address without an account (`expected` null). Both do the work of one hash at
// `cost`, so that the response time does not tell which addresses exist.
bool verify_without_hash(const Secret& password, const Secret* expected, const HashCost& cost);
// Whether the stored hash was made at another cost than `cost`.
bool needs_rehash(const std::string& hash, const HashCost& cost);

// The time of one hash on this machine: the median of a few measurements.
Duration measure_hash(const HashCost& cost);

}  // namespace gelombang::sandbox
