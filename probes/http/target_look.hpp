// A first look at a target before load goes to it. It makes one connection as a request would (same addresses, guard
// and certificates), but sends no request. Blocks: call it before a run, not on a worker's thread.
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

// Closes the connection again. Failures of a target or of this machine throw nothing.
LookResult look_at_target(const TargetLook& target, SocketGuard& guard);

}  // namespace gelombang
