// The server of the self-test: its behaviour is known beforehand, and it counts what it sees. A child process, so
// neither its work nor its freezes take anything from the workers under test.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace gelombang::selftest {

// Paths, as "/name".
enum class Path : std::uint8_t {
  quick,              // answers at once
  mixed,              // kMixed, in turn
  delay,              // answers after kDelay
  slow_body,          // half of the body, the rest after kSlowBody
  slow_reader,        // reads the body of the request after kSlowReader
  reset,              // a reset instead of a response
  closed,             // the end of the connection instead of a response
  partial,            // a body shorter than announced
  garbage,            // no HTTP
  silent,             // no response
  unavailable,        // 503
  missing,            // 404
  every_third_hangs,  // of three requests, the third gets no response
};
inline constexpr std::array<std::string_view, 13> kPathNames{
    "quick",   "mixed",  "delay",       "slow_body", "slow_reader",      "reset", "closed", "partial",
    "garbage", "silent", "unavailable", "missing",   "every_third_hangs"};

inline constexpr Duration kDelay = std::chrono::milliseconds(100);
inline constexpr Duration kSlowBody = std::chrono::milliseconds(150);
inline constexpr Duration kSlowReader = std::chrono::milliseconds(200);
// The delays of twenty responses in turn: seventeen of 20 ms, two of 60 ms, one of 150 ms.
Duration mixed_delay(std::uint64_t request) noexcept;

// In memory shared by both processes; written by the server.
struct SharedCounts {
  static constexpr std::size_t kTimes = 8192;
  std::array<std::atomic<std::uint64_t>, kPathNames.size()> requests{};
  std::atomic<std::uint64_t> seen{0};
  std::array<std::atomic<std::int64_t>, kTimes> times{};  // steady clock, of the first requests seen
};

class Server {
 public:
  // `late_by` is added to every promised delay: for tests of the self-test. Call while the process has one thread: it
  // forks.
  static Result<std::unique_ptr<Server>> start(Duration late_by = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // A port on which nobody listens, and nobody else can listen.
  [[nodiscard]] std::uint16_t refused_port() const noexcept { return refused_port_; }
  // Between freeze() and thaw() the process does not run; the kernel still accepts connections for it.
  void freeze() const;
  void thaw() const;
  [[nodiscard]] std::uint64_t requests() const noexcept;  // of all paths so far
  // When the server saw the requests from the n-th on; at most as many as the counts hold.
  [[nodiscard]] std::vector<TimePoint> times_from(std::uint64_t n) const;

 private:
  Server() = default;

  pid_t child_ = -1;
  int refused_socket_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t refused_port_ = 0;
  SharedCounts* counts_ = nullptr;
};

}  // namespace gelombang::selftest
