#include "sandbox/password.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace gelombang::sandbox {

std::optional<HashCost> hash_cost_named(std::string_view name) {
  if (name == "low") return HashCost{1, crypto_pwhash_argon2id_MEMLIMIT_MIN};
  if (name == "default") return HashCost{};
  if (name == "high") {
    return HashCost{crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE, crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE};
  }
  return {};
}

std::string hash_password(const Secret& password, const HashCost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const std::string& text = password.reveal();
  if (crypto_pwhash_str_alg(hash.data(), text.data(), text.size(), cost.passes, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return {};
  }
  return hash.data();
}

bool verify_password(const std::string& hash, const Secret& password) {
  const std::string& text = password.reveal();
  return crypto_pwhash_str_verify(hash.c_str(), text.data(), text.size()) == 0;
}

bool verify_without_hash(const Secret& password, const Secret* expected, const HashCost& cost) {
  if (hash_password(password, cost).empty() || expected == nullptr) return false;
  const std::string& given = password.reveal();
  const std::string& wanted = expected->reveal();
  return given.size() == wanted.size() && sodium_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

bool needs_rehash(const std::string& hash, const HashCost& cost) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) != 0;
}

Duration measure_hash(const HashCost& cost) {
  std::array<Duration, 5> times{};
  const Secret password(std::string(14, 'x'));
  for (Duration& time : times) {
    const auto start = std::chrono::steady_clock::now();
    hash_password(password, cost);
    time = std::chrono::steady_clock::now() - start;
  }
  std::sort(times.begin(), times.end());
  return times[2];
}

}  // namespace gelombang::sandbox
