// A first look at a target before load goes to it: one connection, made as a request's would be (same addresses, guard
// and certificates), over which nothing is asked. Blocks; for before a run, not for a worker's thread.
#pragma once

#include "base/clock.hpp"
#include "metrics/error_class.hpp"
#include "probes/consent/socket_guard.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

struct TargetLook {
  std::string scheme;  // http or https
  std::string host;    // without brackets
  std::uint16_t port = 0;
  std::vector<std::string> resolve;  // as HttpClient::Options::resolve
  bool verify_certificates = true;
  std::string ca_file;                          // empty: the system's
  Duration timeout = std::chrono::seconds(10);  // of the connection and TLS's handshake together
};

struct LookResult {
  ErrorClass error = ErrorClass::none;  // of the layers dns, connect, tls or generator; reset, or consent
  std::string detail;                   // one line of what libcurl or the guard said, for people; may be empty
};

// Closes the connection again. Nothing is thrown for what a target or this machine may do.
LookResult look_at_target(const TargetLook& target, SocketGuard& guard);

}  // namespace gelombang
