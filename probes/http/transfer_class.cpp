#include "probes/http/transfer_class.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>

namespace gelombang {
namespace {

using E = ErrorClass;

// The fault of this machine that a system call's error stands for, or none.
E own_fault(int number) noexcept {
  switch (number) {
    case EMFILE:
    case ENFILE: return E::generator_descriptors;
    case EADDRNOTAVAIL:
    case EADDRINUSE: return E::generator_ports;
    case ENOMEM:
    case ENOBUFS: return E::generator_memory;
    // A firewall or a policy of this machine. What a target forbids arrives as "refused" or "unreachable".
    case EPERM:
    case EACCES: return E::generator_internal;
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
    // The chain is good, or libcurl has not even recorded that it is: the problem is the name.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return E::tls_name;
    default: return E::tls_chain;
  }
}

// A response that came slowly until the timeout is too slow; a response that fell silent has stalled.
bool fell_silent(const TransferFacts& facts) noexcept {
  return facts.silence >= std::min<Duration>(std::chrono::seconds(1), facts.timeout / 4);
}

E timeout(const TransferFacts& facts) noexcept {
  // An address that we could not even try may have been the good one.
  if (const E own = own_fault(facts.open_errno); own != E::none && facts.reached <= Phase::connect) return own;
  if (facts.waits_for_decoding) return E::none;  // the answer came, and is cut short by our own limit
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

// The peer ended the exchange in an orderly way, but without the whole response.
E ended_early(const TransferFacts& facts) noexcept {
  return facts.reached == Phase::receive ? E::partial : E::empty_reply;
}

// The peer refused to go on: a response that had begun is not whole.
E refused(const TransferFacts& facts) noexcept {
  if (facts.reached == Phase::receive) return E::partial;
  return facts.body_unsent && facts.reached == Phase::send ? E::send_error : E::reset;
}

E by_word(const TransferFacts& facts) noexcept {
  switch (facts.word) {
    case PeerWord::unexpected_end:
    case PeerWord::stream_no_answer: return ended_early(facts);
    case PeerWord::tls_alert: return facts.reached == Phase::receive ? E::partial : E::tls_handshake;
    case PeerWord::stream_reset: return refused(facts);
    case PeerWord::stream_bad:
    case PeerWord::session_bad: return E::protocol;
    case PeerWord::session_too_much: return E::headers_too_large;
    case PeerWord::none: break;
  }
  return E::none;
}

E receive_failure(const TransferFacts& facts) noexcept {
  if (const E own = own_fault(facts.os_errno); own != E::none) return own;
  switch (facts.os_errno) {
    case ECONNRESET: return broken(facts);
    // Reading causes no EPIPE. After an end without a closing alert, OpenSSL sends an alert and finds the peer gone.
    case EPIPE: return facts.body_unsent && facts.reached == Phase::send ? E::send_error : ended_early(facts);
    case ETIMEDOUT: return facts.reached == Phase::receive ? E::stall : E::wait_timeout;
    case EHOSTUNREACH:
    case ENETUNREACH: return E::tcp_unreachable;
    default: break;
  }
  if (const E told = by_word(facts); told != E::none) return told;
  if (facts.http2) return refused(facts);                // a stream that was not accepted
  if (facts.headers_complete) return E::body_malformed;  // an invalid chunk
  // libcurl's own limits on headers fail like this, after the first header.
  return facts.reached == Phase::receive ? E::headers_too_large : E::protocol;
}

E send_failure(const TransferFacts& facts) noexcept {
  if (const E own = own_fault(facts.os_errno); own != E::none) return own;
  if (facts.word == PeerWord::tls_alert) return by_word(facts);
  // libcurl 8.14 has read the end of an HTTP/2 connection, and then fails to write to it.
  if (facts.word == PeerWord::unexpected_end && facts.reached > Phase::send) return ended_early(facts);
  return facts.reached > Phase::send ? broken(facts) : E::send_error;
}

// A stream failed. libcurl has no message if a closed stream takes no more of the request's body.
E stream_failure(const TransferFacts& facts) noexcept {
  const E told = by_word(facts);
  return told != E::none ? told : refused(facts);
}

// libcurl has no message for these. Once the target has spoken, libcurl objects to what the target said.
E unknown_failure(const TransferFacts& facts) noexcept {
  switch (facts.code) {
    case CURLE_WRITE_ERROR:  // from our callbacks, which have recorded why
    case CURLE_READ_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: return E::generator_internal;
    default: return facts.reached >= Phase::send ? E::protocol : E::generator_internal;
  }
}

E out_of_memory(const TransferFacts& facts) noexcept {
  const bool reading_headers = facts.reached >= Phase::send && !facts.headers_complete;
  return reading_headers ? E::headers_too_large : E::generator_memory;
}

}  // namespace

ErrorClass classify_transfer(const TransferFacts& facts) noexcept {
  if (facts.out_of_memory) return E::generator_memory;
  if (facts.faulty) return E::protocol;
  if (facts.refused) return facts.reached == Phase::receive ? E::partial : E::reset;
  if (facts.headers_overflow) return E::headers_too_large;
  if (facts.body_malformed) return E::body_malformed;
  switch (facts.code) {
    case CURLE_OK: return facts.unanswered ? E::protocol : facts.cut_short ? E::partial : E::none;
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

    case CURLE_SEND_ERROR: return send_failure(facts);
    case CURLE_UPLOAD_FAILED:
    case CURLE_SEND_FAIL_REWIND: return E::send_error;

    // Over HTTP/2 something came, and libcurl ended the session because of it.
    case CURLE_GOT_NOTHING: return facts.http2 ? E::protocol : E::empty_reply;
    case CURLE_PARTIAL_FILE: return ended_early(facts);
    case CURLE_RECV_ERROR: return receive_failure(facts);
    case CURLE_OUT_OF_MEMORY: return out_of_memory(facts);
    // We decode content codings ourselves. libcurl 8.14 refuses transfer codings that were not asked for when it reads
    // of them, before it shows the header.
    case CURLE_BAD_CONTENT_ENCODING: return facts.headers_complete ? E::body_malformed : E::protocol;
    case CURLE_TOO_MANY_REDIRECTS: return E::redirect_limit;
    // libcurl reports a response that is not HTTP as "HTTP/0.9, not allowed". Before any response, it would be our own
    // URL.
    case CURLE_UNSUPPORTED_PROTOCOL: return facts.reached >= Phase::send ? E::protocol : E::generator_internal;
    // libcurl also keeps headers for its own interface, and returns this for a line that is no header.
    case CURLE_BAD_FUNCTION_ARGUMENT: return facts.reached >= Phase::send ? E::protocol : E::generator_internal;
    case CURLE_HTTP2:  // GOAWAY; in 8.14 also a session that broke a rule
    case CURLE_HTTP2_STREAM: return stream_failure(facts);
#if LIBCURL_VERSION_NUM >= 0x080600  // of lines and trailers; CURLE_OUT_OF_MEMORY in older versions
    case CURLE_TOO_LARGE: return facts.reached >= Phase::send ? E::headers_too_large : E::generator_internal;
#endif
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_AUTH_ERROR:
    case CURLE_RANGE_ERROR:
    case CURLE_HTTP3:
    case CURLE_QUIC_CONNECT_ERROR: return E::protocol;
    // Before the target has spoken, also a host name that cannot be looked up: libcurl refuses it untried, so the fault
    // is ours.
    default: return unknown_failure(facts);
  }
}

bool says_http1_required(std::string_view message) noexcept {
  return message.find("HTTP_1_1_REQUIRED") != std::string_view::npos;
}

bool says_system_error(std::string_view message) noexcept {
  const std::string_view begin = message.substr(0, 12);
  return begin == "Recv failure" || begin == "Send failure";
}

bool says_send_failed(std::string_view message) noexcept {
  return message.substr(0, 12) == "Send failure" || message.substr(0, 9) == "SSL_write";
}

PeerWord peer_word(std::string_view message) noexcept {
  const auto says = [message](std::string_view words) { return message.find(words) != std::string_view::npos; };
  if (says("unexpected eof")) return PeerWord::unexpected_end;
  if (says("SSL routines") && says(" alert ")) return PeerWord::tls_alert;
  if (says("nghttp2_session_mem_recv()") || says("nghttp2 recv error")) {
    return says("-902") ? PeerWord::session_too_much : PeerWord::session_bad;  // -902: libcurl's callback refused it
  }
  // Messages of libcurl's HTTP/2 library, which libcurl 8.14 passes on. The last one is about a peer that speaks
  // another protocol.
  if (says("nghttp2 shuts down connection") || says("unexpected data while we expected SETTINGS")) {
    return PeerWord::session_bad;
  }
  if (says("Invalid HTTP header field was received") || says("received invalid frame")) return PeerWord::stream_bad;
  if (says("Out of memory in chunked")) return PeerWord::session_too_much;  // a trailer: libcurl holds 4 KB of each
  if (says("closed cleanly, but before")) return PeerWord::stream_no_answer;
  const std::size_t number = message.find("(err ");
  if (!says("HTTP/2 stream") || number == std::string_view::npos) return PeerWord::none;
  // RFC 9113, 7. Codes for a broken rule come from libcurl's HTTP/2 library, which resets such a stream. The last code
  // says that HTTP/2 is the wrong protocol.
  const std::string_view code = message.substr(number + 5);
  for (const std::string_view rule : {"1)", "3)", "5)", "6)", "9)", "13"}) {
    if (code.substr(0, 2) == rule) return PeerWord::stream_bad;
  }
  return PeerWord::stream_reset;
}

}  // namespace gelombang
