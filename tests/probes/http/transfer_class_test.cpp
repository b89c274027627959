// The error class of every libcurl code, and of the facts that decide when the code does not.
#include "probes/http/transfer_class.hpp"

#include "probes/http/dns_diagnosis.hpp"
#include "tests/support/catch.hpp"

#include <netdb.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

TransferFacts facts(CURLcode code, Phase reached = Phase::receive) {
  TransferFacts result;
  result.code = code;
  result.reached = reached;
  result.headers_complete = reached == Phase::receive;
  result.timeout = 10s;
  return result;
}

std::string class_of(const TransferFacts& of) { return std::string(name(classify_transfer(of))); }

}  // namespace

TEST_CASE("transfer class: every code of libcurl has its class") {
  // The phase and class of each code. A code that is not listed is our own fault before the target has sent anything,
  // and a protocol error of the target afterwards.
  std::map<int, std::pair<Phase, const char*>> expected{
      {CURLE_OK, {Phase::receive, "none"}},
      {CURLE_UNSUPPORTED_PROTOCOL, {Phase::wait, "protocol"}},
      {CURLE_COULDNT_RESOLVE_HOST, {Phase::dns, "dns_servfail"}},
      {CURLE_COULDNT_CONNECT, {Phase::connect, "tcp_unreachable"}},
      {CURLE_WEIRD_SERVER_REPLY, {Phase::receive, "protocol"}},
      {CURLE_BAD_FUNCTION_ARGUMENT, {Phase::receive, "protocol"}},
      {CURLE_REMOTE_ACCESS_DENIED, {Phase::receive, "protocol"}},
      {CURLE_HTTP2, {Phase::wait, "reset"}},
      {CURLE_WRITE_ERROR, {Phase::receive, "generator_internal"}},
      {CURLE_READ_ERROR, {Phase::receive, "generator_internal"}},
      {CURLE_ABORTED_BY_CALLBACK, {Phase::receive, "generator_internal"}},
      {CURLE_PARTIAL_FILE, {Phase::receive, "partial"}},
      {CURLE_UPLOAD_FAILED, {Phase::send, "send_error"}},
      {CURLE_OUT_OF_MEMORY, {Phase::receive, "generator_memory"}},
      {CURLE_OPERATION_TIMEDOUT, {Phase::wait, "wait_timeout"}},
      {CURLE_RANGE_ERROR, {Phase::receive, "protocol"}},
      {CURLE_SSL_CONNECT_ERROR, {Phase::tls, "tls_handshake"}},
      {CURLE_INTERFACE_FAILED, {Phase::connect, "generator_ports"}},
      {CURLE_TOO_MANY_REDIRECTS, {Phase::receive, "redirect_limit"}},
      {CURLE_GOT_NOTHING, {Phase::wait, "empty_reply"}},
      {CURLE_SEND_ERROR, {Phase::send, "send_error"}},
      {CURLE_RECV_ERROR, {Phase::receive, "body_malformed"}},
      {CURLE_SSL_CIPHER, {Phase::tls, "tls_handshake"}},
      {CURLE_PEER_FAILED_VERIFICATION, {Phase::tls, "tls_name"}},
      {CURLE_BAD_CONTENT_ENCODING, {Phase::receive, "body_malformed"}},
      {CURLE_USE_SSL_FAILED, {Phase::tls, "tls_handshake"}},
      {CURLE_SEND_FAIL_REWIND, {Phase::send, "send_error"}},
      {CURLE_SSL_SHUTDOWN_FAILED, {Phase::receive, "tls_handshake"}},
      {CURLE_SSL_ISSUER_ERROR, {Phase::tls, "tls_chain"}},
      {CURLE_SSL_PINNEDPUBKEYNOTMATCH, {Phase::tls, "tls_chain"}},
      {CURLE_SSL_INVALIDCERTSTATUS, {Phase::tls, "tls_chain"}},
      {CURLE_HTTP2_STREAM, {Phase::receive, "partial"}},
      {CURLE_AUTH_ERROR, {Phase::receive, "protocol"}},
      {CURLE_HTTP3, {Phase::wait, "protocol"}},
      {CURLE_QUIC_CONNECT_ERROR, {Phase::connect, "protocol"}},
      {CURLE_SSL_CLIENTCERT, {Phase::tls, "tls_handshake"}},
  };
#if LIBCURL_VERSION_NUM >= 0x080600
  expected[CURLE_TOO_LARGE] = {Phase::receive, "headers_too_large"};
#endif
  for (int code = 0; code < CURL_LAST; ++code) {
    const auto found = expected.find(code);
    const Phase reached = found == expected.end() ? Phase::receive : found->second.first;
    const char* const wanted = found == expected.end() ? "protocol" : found->second.second;
    CAPTURE(code, curl_easy_strerror(static_cast<CURLcode>(code)));
    CHECK(class_of(facts(static_cast<CURLcode>(code), reached)) == wanted);
    if (found == expected.end())
      CHECK(class_of(facts(static_cast<CURLcode>(code), Phase::dns)) == "generator_internal");
  }
}

TEST_CASE("transfer class: what must not be used is not judged by libcurl's code") {
  TransferFacts of = facts(CURLE_WRITE_ERROR);
  of.faulty = true;
  CHECK(class_of(of) == "protocol");
  of = facts(CURLE_ABORTED_BY_CALLBACK, Phase::connect);
  of.faulty = true;
  CHECK(class_of(of) == "protocol");
  of = facts(CURLE_HTTP2_STREAM, Phase::wait);
  of.refused = true;
  CHECK(class_of(of) == "reset");
  CHECK(class_of(facts(CURLE_BAD_FUNCTION_ARGUMENT, Phase::dns)) == "generator_internal");
  CHECK(says_http1_required("HTTP/2 stream 1 was not closed cleanly: HTTP_1_1_REQUIRED (err 13)"));
  CHECK(says_send_failed("Send failure: Broken pipe"));
  CHECK_FALSE(says_send_failed("Recv failure: Connection reset by peer"));
  CHECK(says_system_error("Recv failure: Connection timed out"));
  CHECK(says_system_error("Send failure: No route to host"));
  CHECK_FALSE(says_system_error("Received HTTP/0.9 when not allowed"));
  CHECK_FALSE(says_system_error(""));
}

TEST_CASE("transfer class: a timeout is that of the phase it was reached in") {
  const std::vector<std::pair<Phase, std::string>> expected{
      {Phase::dns, "dns_timeout"},   {Phase::connect, "tcp_timeout"}, {Phase::tls, "tls_timeout"},
      {Phase::send, "send_timeout"}, {Phase::wait, "wait_timeout"},   {Phase::receive, "too_slow"}};
  for (const auto& [phase, wanted] : expected) CHECK(class_of(facts(CURLE_OPERATION_TIMEDOUT, phase)) == wanted);
  TransferFacts silent = facts(CURLE_OPERATION_TIMEDOUT);
  silent.silence = 1s;
  CHECK(class_of(silent) == "stall");
  silent.silence = 999ms;
  CHECK(class_of(silent) == "too_slow");
  silent.timeout = 1s;
  CHECK(class_of(silent) == "stall");
}

TEST_CASE("transfer class: a timeout while the answer waits for our decoding is nobody's failure") {
  for (const Duration silence : {Duration{}, Duration{5s}}) {
    TransferFacts of = facts(CURLE_OPERATION_TIMEDOUT);
    of.silence = silence;
    of.waits_for_decoding = true;
    CHECK(class_of(of) == "none");
    of.code = CURLE_RECV_ERROR;  // what the target does meanwhile still counts
    of.os_errno = ECONNRESET;
    CHECK(class_of(of) == "reset");
  }
}

TEST_CASE("transfer class: could-not-connect is told apart by the system's error and by ours") {
  const std::vector<std::pair<int, std::string>> expected{
      {ECONNREFUSED, "tcp_refused"},     {ECONNRESET, "tcp_refused"},   {ENETUNREACH, "tcp_unreachable"},
      {EHOSTUNREACH, "tcp_unreachable"}, {ETIMEDOUT, "tcp_timeout"},    {EADDRNOTAVAIL, "generator_ports"},
      {EMFILE, "generator_descriptors"}, {ENOBUFS, "generator_memory"}, {0, "tcp_unreachable"},
      {EPERM, "generator_internal"},     {EACCES, "generator_internal"}};
  for (const auto& [number, wanted] : expected) {
    TransferFacts of = facts(CURLE_COULDNT_CONNECT, Phase::connect);
    of.os_errno = number;
    CAPTURE(number);
    CHECK(class_of(of) == wanted);
  }
  TransferFacts of = facts(CURLE_COULDNT_CONNECT, Phase::connect);
  of.open_errno = EMFILE;
  CHECK(class_of(of) == "generator_descriptors");
  of.open_errno = ENFILE;
  CHECK(class_of(of) == "generator_descriptors");
  of.open_errno = EADDRNOTAVAIL;
  CHECK(class_of(of) == "generator_ports");
  of.open_errno = ENOMEM;
  CHECK(class_of(of) == "generator_memory");
  of.open_errno = EAFNOSUPPORT;
  CHECK(class_of(of) == "generator_internal");
}

TEST_CASE("transfer class: consent is missing only where no address was allowed") {
  TransferFacts of = facts(CURLE_COULDNT_CONNECT, Phase::connect);
  of.guard_denied = true;
  CHECK(class_of(of) == "consent");
  of.socket_opened = true;
  of.os_errno = ECONNREFUSED;
  CHECK(class_of(of) == "tcp_refused");
}

TEST_CASE("transfer class: a certificate's fault is told by OpenSSL's verdict") {
  const std::vector<std::pair<long, std::string>> expected{{X509_V_OK, "tls_name"},
                                                           {X509_V_ERR_UNSPECIFIED, "tls_name"},
                                                           {X509_V_ERR_CERT_HAS_EXPIRED, "tls_expired"},
                                                           {X509_V_ERR_CERT_NOT_YET_VALID, "tls_expired"},
                                                           {X509_V_ERR_HOSTNAME_MISMATCH, "tls_name"},
                                                           {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "tls_chain"},
                                                           {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "tls_chain"}};
  for (const auto& [verdict, wanted] : expected) {
    TransferFacts of = facts(CURLE_PEER_FAILED_VERIFICATION, Phase::tls);
    of.verify_result = verdict;
    CHECK(class_of(of) == wanted);
  }
}

TEST_CASE("transfer class: failure when receiving has many faces") {
  TransferFacts of = facts(CURLE_RECV_ERROR, Phase::wait);
  CHECK(class_of(of) == "protocol");
  of.os_errno = ECONNRESET;
  CHECK(class_of(of) == "reset");
  of.os_errno = ETIMEDOUT;
  CHECK(class_of(of) == "wait_timeout");
  of = facts(CURLE_RECV_ERROR, Phase::receive);
  of.os_errno = EPIPE;
  CHECK(class_of(of) == "partial");
  of = facts(CURLE_RECV_ERROR, Phase::wait);
  of.word = PeerWord::unexpected_end;
  CHECK(class_of(of) == "empty_reply");
  of.reached = Phase::receive;
  CHECK(class_of(of) == "partial");
  of = facts(CURLE_RECV_ERROR, Phase::receive);
  of.headers_complete = false;
  CHECK(class_of(of) == "headers_too_large");
  of.os_errno = ETIMEDOUT;
  CHECK(class_of(of) == "stall");
  of = facts(CURLE_RECV_ERROR, Phase::send);
  of.os_errno = ECONNRESET;
  of.body_unsent = true;
  CHECK(class_of(of) == "send_error");
}

TEST_CASE("transfer class: what this machine refuses is ours in every phase") {
  const std::vector<std::pair<int, std::string>> expected{{ENOBUFS, "generator_memory"},
                                                          {ENOMEM, "generator_memory"},
                                                          {EPERM, "generator_internal"},
                                                          {EACCES, "generator_internal"}};
  for (const auto& [number, wanted] : expected) {
    for (const CURLcode code : {CURLE_COULDNT_CONNECT, CURLE_SEND_ERROR, CURLE_RECV_ERROR}) {
      for (const Phase reached : {Phase::connect, Phase::tls, Phase::send, Phase::wait, Phase::receive}) {
        TransferFacts of = facts(code, reached);
        of.os_errno = number;
        of.body_unsent = reached == Phase::send;
        CAPTURE(number, code, static_cast<int>(reached));
        CHECK(class_of(of) == wanted);
      }
    }
  }
}

TEST_CASE("transfer class: out of memory while headers come is the target's doing") {
  TransferFacts of = facts(CURLE_OUT_OF_MEMORY, Phase::wait);
  of.headers_complete = false;
  CHECK(class_of(of) == "headers_too_large");
  of.out_of_memory = true;
  CHECK(class_of(of) == "generator_memory");
  CHECK(class_of(facts(CURLE_OUT_OF_MEMORY, Phase::connect)) == "generator_memory");
  TransferFacts overflow = facts(CURLE_WRITE_ERROR);
  overflow.headers_overflow = true;
  CHECK(class_of(overflow) == "headers_too_large");
}

TEST_CASE("transfer class: a send error after the request was delivered is a reset") {
  CHECK(class_of(facts(CURLE_SEND_ERROR, Phase::send)) == "send_error");
  CHECK(class_of(facts(CURLE_SEND_ERROR, Phase::wait)) == "reset");
  CHECK(class_of(facts(CURLE_UNSUPPORTED_PROTOCOL, Phase::dns)) == "generator_internal");
}

TEST_CASE("transfer class: names are told apart by a second look-up") {
  const auto verdict = [](int code, Duration failed_after, Duration took = 1ms) {
    return name_verdict({code, took}, failed_after, 5s);
  };
  CHECK(verdict(EAI_NONAME, 1ms) == NameVerdict::no_such_name);
  CHECK(verdict(EAI_NODATA, 1ms) == NameVerdict::no_such_name);
  CHECK(verdict(EAI_AGAIN, 20ms) == NameVerdict::temporary);
  CHECK(verdict(EAI_AGAIN, 10s) == NameVerdict::timed_out);
  CHECK(verdict(EAI_AGAIN, 20ms, 5s) == NameVerdict::timed_out);
  CHECK(verdict(EAI_FAIL, 20ms) == NameVerdict::temporary);
  CHECK(verdict(0, 20ms) == NameVerdict::temporary);
  CHECK(verdict(EAI_MEMORY, 20ms) == NameVerdict::unknown);

  TransferFacts of = facts(CURLE_COULDNT_RESOLVE_HOST, Phase::dns);
  of.name = NameVerdict::no_such_name;
  CHECK(class_of(of) == "dns_nxdomain");
  of.name = NameVerdict::timed_out;
  CHECK(class_of(of) == "dns_timeout");
  of.name = NameVerdict::temporary;
  CHECK(class_of(of) == "dns_servfail");
}

TEST_CASE("transfer class: a success of libcurl's is none where the answer is not whole") {
  TransferFacts of = facts(CURLE_OK);
  of.cut_short = true;
  CHECK(class_of(of) == "partial");
  of = facts(CURLE_OK);
  of.unanswered = true;
  CHECK(class_of(of) == "protocol");
  of = facts(CURLE_WRITE_ERROR);
  of.body_malformed = true;
  CHECK(class_of(of) == "body_malformed");
}

TEST_CASE("transfer class: the end of an answer that had begun is partial, before it empty_reply") {
  for (const CURLcode code : {CURLE_PARTIAL_FILE, CURLE_RECV_ERROR}) {
    TransferFacts of = facts(code, Phase::wait);
    of.word = PeerWord::unexpected_end;
    CHECK(class_of(of) == "empty_reply");
    of = facts(code);
    of.word = PeerWord::unexpected_end;
    CHECK(class_of(of) == "partial");
  }
}

TEST_CASE("transfer class: an end that was read before a write failed is that of the answer") {
  for (const auto& [reached, wanted] : {std::pair(Phase::send, "send_error"), std::pair(Phase::wait, "empty_reply"),
                                        std::pair(Phase::receive, "partial")}) {
    TransferFacts of = facts(CURLE_SEND_ERROR, reached);
    of.word = PeerWord::unexpected_end;
    CHECK(class_of(of) == wanted);
  }
}

TEST_CASE("transfer class: a coding of the transfer that is refused within the headers is protocol") {
  TransferFacts of = facts(CURLE_BAD_CONTENT_ENCODING);
  of.headers_complete = false;
  CHECK(class_of(of) == "protocol");
}

TEST_CASE("transfer class: a session that broke a rule is protocol, and one that was ended is not") {
  TransferFacts of = facts(CURLE_HTTP2, Phase::wait);
  CHECK(class_of(of) == "reset");
  of.word = PeerWord::session_bad;
  CHECK(class_of(of) == "protocol");
}

TEST_CASE("transfer class: the words of TLS and HTTP/2 are read from libcurl's message") {
  const std::vector<std::pair<const char*, PeerWord>> expected{
      {"", PeerWord::none},
      {"Empty reply from server", PeerWord::none},
      {"OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading, errno 0",
       PeerWord::unexpected_end},
      {"OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
       PeerWord::tls_alert},
      {"HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)", PeerWord::stream_reset},
      {"HTTP/2 stream 1 was not closed cleanly: REFUSED_STREAM (err 7)", PeerWord::stream_reset},
      {"HTTP/2 stream 1 was not closed cleanly: ENHANCE_YOUR_CALM (err 11)", PeerWord::stream_reset},
      {"HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)", PeerWord::stream_bad},
      {"HTTP/2 stream 1 was not closed cleanly: HTTP_1_1_REQUIRED (err 13)", PeerWord::stream_bad},
      {"HTTP/2 stream 13 was not closed cleanly: FLOW_CONTROL_ERROR (err 3)", PeerWord::stream_bad},
      {"HTTP/2 stream 1 was closed cleanly, but before getting  all response header fields, treated as error",
       PeerWord::stream_no_answer},
      {"Out of memory in chunked-encoding", PeerWord::session_too_much},
      {"h2_process_pending_input: nghttp2_session_mem_recv() returned -904:Flooding", PeerWord::session_bad},
      {"nghttp2 recv error -904: Flooding was detected in this HTTP/2 session, and it must be closed",
       PeerWord::session_bad},
      {"nghttp2 recv error -902: The user callback function failed", PeerWord::session_too_much},
      {"nghttp2 shuts down connection with error 1: PROTOCOL_ERROR", PeerWord::session_bad},
      {"Remote peer returned unexpected data while we expected SETTINGS frame.  Perhaps, peer does not support HTTP/2 "
       "properly.",
       PeerWord::session_bad},
      {"Invalid HTTP header field was received: frame type: 1, stream: 1, name: [x y], value: [1]",
       PeerWord::stream_bad},
      {"[HTTP2] [1] received invalid frame: FRAME[HEADERS, len=19, hend=1, eos=1], error -532: Violation in HTTP "
       "messaging rule",
       PeerWord::stream_bad},
      {"h2_process_pending_input: nghttp2_session_mem_recv() returned -902:The user callback function failed",
       PeerWord::session_too_much}};
  for (const auto& [message, word] : expected) {
    CAPTURE(message);
    CHECK((peer_word(message) == word));
  }
}

TEST_CASE("transfer class: over HTTP/2 it counts who ended the stream, and whether an answer had begun") {
  const auto class_in = [](PeerWord word, Phase reached, CURLcode code = CURLE_HTTP2_STREAM) {
    TransferFacts of = facts(code, reached);
    of.http2 = true;
    of.word = word;
    return class_of(of);
  };
  CHECK(class_in(PeerWord::stream_reset, Phase::wait) == "reset");
  CHECK(class_in(PeerWord::stream_reset, Phase::receive) == "partial");
  CHECK(class_in(PeerWord::stream_bad, Phase::wait) == "protocol");
  CHECK(class_in(PeerWord::stream_bad, Phase::receive) == "protocol");
  CHECK(class_in(PeerWord::stream_no_answer, Phase::wait) == "empty_reply");
  CHECK(class_in(PeerWord::none, Phase::wait, CURLE_HTTP2) == "reset");  // GOAWAY
  CHECK(class_in(PeerWord::none, Phase::receive, CURLE_HTTP2) == "partial");
  CHECK(class_in(PeerWord::none, Phase::wait, CURLE_GOT_NOTHING) == "protocol");
  CHECK(class_in(PeerWord::none, Phase::wait, CURLE_RECV_ERROR) == "reset");  // refused
  CHECK(class_in(PeerWord::session_bad, Phase::receive, CURLE_RECV_ERROR) == "protocol");
  CHECK(class_in(PeerWord::session_too_much, Phase::wait, CURLE_RECV_ERROR) == "headers_too_large");
  TransferFacts upload = facts(CURLE_HTTP2_STREAM, Phase::send);
  upload.body_unsent = true;
  CHECK(class_of(upload) == "send_error");
}

TEST_CASE("transfer class: an alert instead of an answer is of the handshake, which TLS 1.3 may refuse afterwards") {
  for (const CURLcode code : {CURLE_RECV_ERROR, CURLE_SEND_ERROR}) {
    TransferFacts of = facts(code, Phase::wait);
    of.word = PeerWord::tls_alert;
    CHECK(class_of(of) == "tls_handshake");
  }
}
