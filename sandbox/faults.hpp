// What an operator can break. Each fault is a mechanism of a real portal, set to a bad value. No fault changes a
// reported number.
//
// To add a fault: add a field here, a row to the table in faults.cpp, and use the field where the mechanism works.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sandbox/connection_pool.hpp"
#include "sandbox/password.hpp"

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace gelombang::sandbox {

struct FaultSettings {
  PoolSettings pool;                                 // pool.size, pool.query_ms, pool.timeout_ms
  HashCost hash;                                     // hash.passes, hash.memory_kib: new hashes and seeded logins
  Duration session_lifetime{std::chrono::hours(2)};  // session.lifetime_s, for new sessions
  double login_rate = 0;                             // login.rate_per_s for one client address; 0: no limit
  double login_burst = 20;                           // login.burst
  Duration mail_delay{0};                            // mail.delay_ms, before the first delivery attempt
  double mail_loss = 0;                              // mail.loss, share accepted and never delivered
  double mail_spam = 0;                              // mail.spam, share delivered to the spam folder
  double mail_defer = 0;                             // mail.defer, share of attempts deferred (as a 451)
  Duration link_lifetime{std::chrono::hours(24)};    // mail.link_lifetime_s, for new links
  std::uint64_t photo_quota = 0;                     // photo.quota_bytes on disk; 0: only the disk is a limit
  std::uint64_t photo_limit = 2'000'000;             // photo.limit_bytes: a photo must be smaller
  double registry_rate = 2000;                       // registry.rate_per_s, look-ups
  Duration registry_delay{0};                        // registry.delay_ms of a look-up
};

class Faults {
 public:
  explicit Faults(const FaultSettings& defaults) : defaults_(defaults), now_(defaults) {}

  [[nodiscard]] FaultSettings now() const;
  // `changes`: an object with some of the fields, as show() returns them. Applies all changes or none. The Error names
  // an unknown field or a value out of range.
  Result<void> change(const boost::json::value& changes);
  void reset();
  [[nodiscard]] boost::json::object show() const;
  // Called after each change with the new settings, one at a time.
  void on_change(std::function<void(const FaultSettings&)> listener);

 private:
  void apply(const FaultSettings& settings);

  const FaultSettings defaults_;
  mutable std::mutex mutex_;
  FaultSettings now_;
  std::mutex apply_mutex_;
  std::vector<std::function<void(const FaultSettings&)>> listeners_;
};

}  // namespace gelombang::sandbox
