// The logged-in sessions. Kept in memory, like a cache server beside a real portal: a restart or the "session table
// lost" fault sends everybody back to the login page.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gelombang::sandbox {

// 32 random bytes in base64url without padding, for session cookies and verification links.
std::string random_token();
// Stored instead of a token, so that the table does not hold the keys to the accounts.
using TokenHash = std::array<unsigned char, 32>;
TokenHash token_hash(std::string_view token);

class Sessions {
 public:
  Sessions(const Clock& clock, std::size_t capacity);

  // Returns the token for the cookie. If the table is full, the oldest session is removed.
  std::string create(std::int64_t account, Duration lifetime);
  [[nodiscard]] std::optional<std::int64_t> account_of(std::string_view token);
  void end(std::string_view token);
  void lose_all();
  [[nodiscard]] std::size_t size() const;

 private:
  struct KeyHash {
    std::size_t operator()(const TokenHash& key) const noexcept;
  };
  struct Session {
    std::int64_t account = 0;
    TimePoint ends{};
  };

  const Clock& clock_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<TokenHash, Session, KeyHash> sessions_;
  std::deque<TokenHash> by_age_;  // oldest first; may name sessions that ended
};

}  // namespace gelombang::sandbox
