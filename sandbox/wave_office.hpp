// Manages the waves: opens, closes and draws them, and caches the response about the current wave.
#pragma once

#include "base/result.hpp"
#include "sandbox/wave.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace gelombang::sandbox {

class Database;
class DbConnection;

class WaveOffice {
 public:
  struct Opening {
    std::int64_t number = 13;
    std::int64_t quota = 600;
    std::optional<Duration> open_for;  // nothing: until close() is called
    Duration result_delay{0};
  };

  // Both must outlive this object.
  WaveOffice(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // The following calls block for a transaction: never call them on an event loop.
  Result<void> load();
  Result<Wave> open(const Opening& opening);  // refused while one is open
  Result<Wave> close(std::optional<Duration> result_delay);
  // Does what is due: closes the wave at its time, draws, announces. Called a few times a second.
  void tick();

  [[nodiscard]] std::optional<Wave> latest() const;
  // The body of GET /api/waves/current: built for each change, not for each request.
  [[nodiscard]] std::shared_ptr<const std::string> current_json() const;

 private:
  Result<void> advance(const Wave& wave, WaveState state);
  void publish(const std::optional<Wave>& wave);

  Database& database_;
  const Clock& clock_;
  std::mutex change_mutex_;  // one change at a time
  mutable std::mutex mutex_;
  std::optional<Wave> latest_;
  std::shared_ptr<const std::string> json_;
};

enum class JoinOutcome : std::uint8_t { joined, already_joined, no_open_wave, steps_missing, already_selected };

// Runs inside a write transaction, hence in one order with closing: no join counts after closing.
JoinOutcome join_wave(DbConnection& connection, std::int64_t account, WallTime now);

}  // namespace gelombang::sandbox
