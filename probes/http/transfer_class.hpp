// The error class of a transfer that ended without a complete response, as a pure function of what is known about it.
// libcurl's code alone is not enough: out of descriptors is "could not connect", an endless header is "out of memory",
// a broken chunk is "failure when receiving".
#pragma once

#include "base/clock.hpp"
#include "metrics/error_class.hpp"
#include "metrics/sample.hpp"

#include <curl/curl.h>

#include <cstdint>
#include <string_view>

namespace gelombang {

// The result of a second look-up of a name that libcurl could not resolve. libcurl 7.88 does not tell which of
// getaddrinfo's errors it met, so the name is looked up once more (probes/http/dns_diagnosis.hpp).
enum class NameVerdict : std::uint8_t { unknown, no_such_name, temporary, timed_out };

// What libcurl's message tells beyond its code: TLS and HTTP/2 have their own messages for an end.
enum class PeerWord : std::uint8_t {
  none,
  unexpected_end,    // the peer closed without TLS's closing alert
  tls_alert,         // the peer ended TLS with an alert: over TLS 1.3 that may refuse our side of the handshake
  stream_reset,      // the peer reset the stream
  stream_bad,        // one of its frames broke the rules for a stream
  stream_no_answer,  // the peer closed the stream without a response
  session_bad,       // its bytes are no HTTP/2
  session_too_much   // more of it than libcurl holds: mostly headers, or a trailer
};
PeerWord peer_word(std::string_view message) noexcept;

struct TransferFacts {
  CURLcode code = CURLE_OK;
  int os_errno = 0;    // CURLINFO_OS_ERRNO, if it belongs to this exchange and to its address
  int open_errno = 0;  // why we could not open a socket: EMFILE, EADDRNOTAVAIL, ...
  Phase reached = Phase::dns;
  long verify_result = 0;         // CURLINFO_SSL_VERIFYRESULT, an X509_V_ERR_ number
  bool guard_denied = false;      // an address was refused by the guard
  bool socket_opened = false;     // a socket to another address was opened
  bool headers_overflow = false;  // our own limit on the answer's headers was hit
  bool refused = false;           // an HTTP/2 stream was refused
  bool http1_required = false;    // the server takes the request only over HTTP/1.1
  bool faulty = false;            // the answer must not be used, or came before the request
  bool out_of_memory = false;     // an allocation of ours failed
  bool headers_complete = false;  // the empty line after the final status came
  PeerWord word = PeerWord::none;
  bool http2 = false;               // was negotiated
  bool unanswered = false;          // no final status came
  bool cut_short = false;           // the headers or a coding of the body ended early
  bool body_malformed = false;      // a coding of the body cannot be taken off
  bool waits_for_decoding = false;  // bytes of the answer wait for their turn to be decoded
  bool body_unsent = false;         // not all of the request's body was handed over
  Duration silence{};               // at the end: since the last byte that came
  Duration timeout{};               // of the exchange
  NameVerdict name = NameVerdict::unknown;
};

// A success of libcurl may be none: libcurl accepts a response that ends within its headers. `none` for a real success.
ErrorClass classify_transfer(const TransferFacts& facts) noexcept;

// Whether libcurl's message says that the server takes this request only over HTTP/1.1.
bool says_http1_required(std::string_view message) noexcept;

// Whether libcurl's message says that reading or writing met a system error: then the last system error is that one.
bool says_system_error(std::string_view message) noexcept;

// Whether libcurl's message says that it could not write.
bool says_send_failed(std::string_view message) noexcept;

}  // namespace gelombang
