// Reads one consent file over a connection to one given address. Blocks; the guard's thread calls it.
// Never follows a redirect, never uses a proxy, always verifies certificates, stops at 32 KB.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/sample.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace gelombang {

struct ConsentSource {
  std::string scheme;  // http or https
  std::string host;    // normalised: goes into Host and SNI
  std::uint16_t port = 0;
  RemoteAddress address;
};

struct ConsentReaderOptions {
  std::string user_agent;
  std::string ca_file;  // empty: the system's
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);
};

struct ConsentFile {
  Result<std::string> bytes;  // or one line that says why there are none
  // The cause of a failure: from the layers connect, tls, wait and receive if the owner could not be asked, otherwise
  // `consent`.
  ErrorClass cause = ErrorClass::consent;
};
// Aborts soon after `stop` is set.
ConsentFile read_consent(const ConsentSource& source, const ConsentReaderOptions& options,
                         const std::atomic<bool>& stop);

}  // namespace gelombang
