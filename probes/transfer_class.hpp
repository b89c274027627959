// The error class of a transfer that ended without a complete answer, as a pure function of what is
// known about it. libcurl's code alone does not tell: out of descriptors is "could not connect", an
// endless header is "out of memory", a broken chunk is "failure when receiving".
#pragma once

#include "base/clock.hpp"
#include "metrics/error_class.hpp"
#include "metrics/sample.hpp"

#include <curl/curl.h>

#include <cstdint>
#include <string_view>

namespace gelombang {

// What a second look-up of a name that libcurl could not resolve said. libcurl 7.88 does not tell which of
// getaddrinfo's errors it met, so the name is asked for once more (probes/dns_diagnosis.hpp).
enum class NameVerdict : std::uint8_t { unknown, no_such_name, temporary, timed_out };

struct TransferFacts {
  CURLcode code = CURLE_OK;
  int os_errno = 0;    // CURLINFO_OS_ERRNO
  int open_errno = 0;  // why we could not open a socket: EMFILE, EADDRNOTAVAIL, ...
  Phase reached = Phase::dns;
  long verify_result = 0;         // CURLINFO_SSL_VERIFYRESULT, an X509_V_ERR_ number
  bool guard_denied = false;      // an address was refused by the guard
  bool socket_opened = false;     // another address was not
  bool headers_overflow = false;  // our own limit on the answer's headers was hit
  bool refused = false;           // an HTTP/2 stream was not taken
  bool http1_required = false;    // the server takes the request over HTTP/1.1 alone
  bool faulty = false;            // the answer must not be used, or came before the request
  bool out_of_memory = false;     // an allocation of ours failed
  bool headers_complete = false;  // the empty line after the final status came
  bool unexpected_end = false;    // the peer closed, by TLS's account, in the middle
  bool body_unsent = false;       // not all of the request's body was handed over
  Duration silence{};             // since the last byte that came, at the end
  Duration timeout{};             // of the exchange
  NameVerdict name = NameVerdict::unknown;
};

// The code is not CURLE_OK, or one of the flags is set; else `none`.
ErrorClass classify_transfer(const TransferFacts& facts) noexcept;

// Whether libcurl's message says that the server takes this request over HTTP/1.1 alone.
bool says_http1_required(std::string_view message) noexcept;

// Whether libcurl's message says that it could not write.
bool says_send_failed(std::string_view message) noexcept;

// Whether libcurl's message says that the peer went away without TLS's closing alert.
bool says_unexpected_end(std::string_view message) noexcept;

}  // namespace gelombang
