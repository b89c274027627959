#include "probes/transfer_class.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>

namespace gelombang {
namespace {

using E = ErrorClass;

// What a system call's error says of this machine, or none.
E own_fault(int number) noexcept {
  switch (number) {
    case EMFILE:
    case ENFILE: return E::generator_descriptors;
    case EADDRNOTAVAIL:
    case EADDRINUSE: return E::generator_ports;
    case ENOMEM:
    case ENOBUFS: return E::generator_memory;
    default: return E::none;
  }
}

E connect_failure(const TransferFacts& facts) noexcept {
  if (facts.guard_denied && !facts.socket_opened) return E::consent;
  if (const E own = own_fault(facts.open_errno); own != E::none) return own;
  if (const E own = own_fault(facts.os_errno); own != E::none) return own;
  switch (facts.os_errno) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE: return E::tcp_refused;
    case ETIMEDOUT: return E::tcp_timeout;
    default: return facts.open_errno != 0 && facts.os_errno == 0 ? E::generator_internal : E::tcp_unreachable;
  }
}

E name_failure(const TransferFacts& facts) noexcept {
  switch (facts.name) {
    case NameVerdict::no_such_name: return E::dns_nxdomain;
    case NameVerdict::timed_out: return E::dns_timeout;
    case NameVerdict::temporary:
    case NameVerdict::unknown: break;
  }
  return E::dns_servfail;
}

E certificate_failure(const TransferFacts& facts) noexcept {
  switch (facts.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return E::tls_expired;
    // The chain is good, or libcurl has not even written down that it is: what it minds is the name.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return E::tls_name;
    default: return E::tls_chain;
  }
}

// An answer that came slowly to the very end is too slow; one that fell silent has stalled.
bool fell_silent(const TransferFacts& facts) noexcept {
  return facts.silence >= std::min<Duration>(std::chrono::seconds(1), facts.timeout / 4);
}

E timeout(const TransferFacts& facts) noexcept {
  switch (facts.reached) {
    case Phase::dns: return E::dns_timeout;
    case Phase::connect: return E::tcp_timeout;
    case Phase::tls: return E::tls_timeout;
    case Phase::send: return E::send_timeout;
    case Phase::wait: return E::wait_timeout;
    case Phase::receive: return fell_silent(facts) ? E::stall : E::too_slow;
  }
  return E::wait_timeout;
}

// The connection ended: what that means depends on how far the exchange had come.
E broken(const TransferFacts& facts) noexcept {
  if (facts.body_unsent && facts.reached == Phase::send) return E::send_error;
  if (facts.reached == Phase::tls) return E::tls_handshake;
  return E::reset;
}

E receive_failure(const TransferFacts& facts) noexcept {
  switch (facts.os_errno) {
    case ECONNRESET:
    case EPIPE: return broken(facts);
    case ETIMEDOUT: return facts.reached == Phase::receive ? E::stall : E::wait_timeout;
    case EHOSTUNREACH:
    case ENETUNREACH: return E::tcp_unreachable;
    default: break;
  }
  if (facts.unexpected_end) return facts.reached == Phase::receive ? E::partial : E::empty_reply;
  if (facts.headers_complete) return E::body_malformed;  // a chunk that is none
  // libcurl's own limits on headers answer like this, after the first of them.
  return facts.reached == Phase::receive ? E::headers_too_large : E::protocol;
}

E out_of_memory(const TransferFacts& facts) noexcept {
  const bool reading_headers = facts.reached >= Phase::send && !facts.headers_complete;
  return reading_headers ? E::headers_too_large : E::generator_memory;
}

}  // namespace

ErrorClass classify_transfer(const TransferFacts& facts) noexcept {
  if (facts.out_of_memory) return E::generator_memory;
  if (facts.faulty) return E::protocol;
  if (facts.refused) return E::reset;
  if (facts.headers_overflow) return E::headers_too_large;
  switch (facts.code) {
    case CURLE_OK: return E::none;
    case CURLE_COULDNT_RESOLVE_HOST: return name_failure(facts);
    case CURLE_COULDNT_CONNECT: return connect_failure(facts);
    case CURLE_INTERFACE_FAILED: return E::generator_ports;
    case CURLE_OPERATION_TIMEDOUT: return timeout(facts);

    case CURLE_PEER_FAILED_VERIFICATION: return certificate_failure(facts);
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS: return E::tls_chain;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_CLIENTCERT: return E::tls_handshake;

    case CURLE_SEND_ERROR: return facts.reached > Phase::send ? broken(facts) : E::send_error;
    case CURLE_UPLOAD_FAILED:
    case CURLE_SEND_FAIL_REWIND: return E::send_error;

    case CURLE_GOT_NOTHING: return E::empty_reply;
    case CURLE_PARTIAL_FILE: return E::partial;
    case CURLE_RECV_ERROR: return receive_failure(facts);
    case CURLE_OUT_OF_MEMORY: return out_of_memory(facts);
    case CURLE_BAD_CONTENT_ENCODING: return E::body_malformed;
    case CURLE_TOO_MANY_REDIRECTS: return E::redirect_limit;
    // Not HTTP at all is told as "HTTP/0.9, not allowed"; before there was an answer it would be our own URL.
    case CURLE_UNSUPPORTED_PROTOCOL: return facts.reached >= Phase::send ? E::protocol : E::generator_internal;
    // libcurl keeps headers for its own interface, too, and says so of a line that is none.
    case CURLE_BAD_FUNCTION_ARGUMENT: return facts.reached >= Phase::send ? E::protocol : E::generator_internal;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_AUTH_ERROR:
    case CURLE_RANGE_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
    case CURLE_QUIC_CONNECT_ERROR: return E::protocol;
    // A host's name that no look-up could mean, or userinfo in it: refused before it is tried, so ours.
    default: return E::generator_internal;
  }
}

bool says_http1_required(std::string_view message) noexcept {
  return message.find("HTTP_1_1_REQUIRED") != std::string_view::npos;
}

bool says_send_failed(std::string_view message) noexcept {
  return message.substr(0, 12) == "Send failure" || message.substr(0, 9) == "SSL_write";
}

bool says_unexpected_end(std::string_view message) noexcept {
  return message.find("unexpected eof") != std::string_view::npos;
}

}  // namespace gelombang
