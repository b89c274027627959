#include "sandbox/sessions.hpp"

#include <sodium.h>

#include <cstring>

namespace gelombang::sandbox {

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  text.pop_back();  // the terminating zero
  return text;
}

TokenHash token_hash(std::string_view token) {
  TokenHash hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     nullptr, 0);
  return hash;
}

std::size_t Sessions::KeyHash::operator()(const TokenHash& key) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, key.data(), sizeof value);
  return value;
}

Sessions::Sessions(const Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {}

std::string Sessions::create(std::int64_t account, Duration lifetime) {
  std::string token = random_token();
  const TokenHash key = token_hash(token);
  const std::lock_guard lock(mutex_);
  // Ended sessions leave entries in by_age_. These entries count here, so by_age_ stays bounded.
  while (by_age_.size() >= capacity_) {
    sessions_.erase(by_age_.front());
    by_age_.pop_front();
  }
  sessions_[key] = Session{account, clock_.now() + lifetime};
  by_age_.push_back(key);
  return token;
}

std::optional<std::int64_t> Sessions::account_of(std::string_view token) {
  if (token.empty()) return {};
  const TokenHash key = token_hash(token);
  const std::lock_guard lock(mutex_);
  const auto at = sessions_.find(key);
  if (at == sessions_.end()) return {};
  if (at->second.ends <= clock_.now()) {
    sessions_.erase(at);
    return {};
  }
  return at->second.account;
}

void Sessions::end(std::string_view token) {
  const TokenHash key = token_hash(token);
  const std::lock_guard lock(mutex_);
  sessions_.erase(key);
}

void Sessions::lose_all() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
  by_age_.clear();
}

std::size_t Sessions::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace gelombang::sandbox
