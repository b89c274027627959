// The first look at a target, with real peers.
#include "probes/http/target_look.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/silent_port.hpp"
#include "tests/support/tls_peer.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <string>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

TargetLook looking_at(std::uint16_t port, const std::string& scheme = "http", const std::string& host = "127.0.0.1") {
  TargetLook look;
  look.scheme = scheme;
  look.host = host;
  look.port = port;
  look.timeout = 2s;
  return look;
}

// The result of a look at a TLS server with this certificate.
LookResult look_at_certificate(CertificateAuthority& authority, const CertificateAuthority::LeafOptions& leaf,
                               const std::string& ca_file, bool verify = true) {
  const RawServer server(tls_play(authority.issue("leaf", leaf), TLS1_3_VERSION,
                                  [](TlsConnection& connection) { connection.raw().wait_for_close(); }));
  TargetLook look = looking_at(server.port(), "https");
  look.ca_file = ca_file;
  look.verify_certificates = verify;
  ScriptedGuard guard;
  return look_at_target(look, guard);
}

}  // namespace

TEST_CASE("target look: a server that listens is connected to once, and asked nothing") {
  std::atomic<std::size_t> bytes{0};
  const RawServer server([&bytes](RawConnection& connection) { bytes += connection.read_bytes(1).size(); });
  ScriptedGuard guard;
  const LookResult result = look_at_target(looking_at(server.port()), guard);
  CHECK(result.error == ErrorClass::none);
  CHECK(result.detail.empty());
  while (server.accepted() == 0) std::this_thread::sleep_for(1ms);
  CHECK(server.accepted() == 1);
  CHECK(bytes == 0);
  CHECK(guard.connections.size() == 1);
  CHECK(guard.requests.empty());
}

TEST_CASE("target look: who refuses, and who is silent, are told apart") {
  ScriptedGuard guard;
  const LookResult refused = look_at_target(looking_at(free_port()), guard);
  CHECK(refused.error == ErrorClass::tcp_refused);
  CHECK_FALSE(refused.detail.empty());

  const SilentPort silent(AF_INET);
  CHECK(look_at_target(looking_at(silent.port()), guard).error == ErrorClass::tcp_timeout);

  const RawServer mute([](RawConnection& connection) { connection.wait_for_close(); });
  CHECK(look_at_target(looking_at(mute.port(), "https"), guard).error == ErrorClass::tls_timeout);
}

TEST_CASE("target look: of two addresses of a name one that answers is enough") {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const SilentPort silent(AF_INET6, server.port());
  TargetLook look = looking_at(server.port(), "http", "portal.test");
  look.resolve = {"portal.test:" + std::to_string(server.port()) + ":[::1],127.0.0.1"};
  ScriptedGuard guard;
  CHECK(look_at_target(look, guard).error == ErrorClass::none);
}

TEST_CASE("target look: an address that the guard refuses is not connected to") {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  ScriptedGuard guard;
  guard.connect_allowed = [](std::string_view, const RemoteAddress&) { return false; };
  CHECK(look_at_target(looking_at(server.port()), guard).error == ErrorClass::consent);
  CHECK(server.accepted() == 0);
}

TEST_CASE("target look: a certificate is judged as a request's connection would judge it") {
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  const std::string& trusted = authority.ca_file();
  CHECK(look_at_certificate(authority, {}, trusted).error == ErrorClass::none);
  CHECK(look_at_certificate(authority, {.names = {"other.test"}, .addresses = {}}, trusted).error ==
        ErrorClass::tls_name);
  CHECK(look_at_certificate(authority, {.not_before = -48h, .not_after = -24h}, trusted).error ==
        ErrorClass::tls_expired);
  CHECK(look_at_certificate(authority, {}, "").error == ErrorClass::tls_chain);
  CHECK(look_at_certificate(authority, {.not_before = -48h, .not_after = -24h}, "", false).error == ErrorClass::none);
}

TEST_CASE("target look: a peer that does not speak TLS fails the handshake") {
  const RawServer plain([](RawConnection& connection) { connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  ScriptedGuard guard;
  CHECK(look_at_target(looking_at(plain.port(), "https"), guard).error == ErrorClass::tls_handshake);
  const RawServer rude([](RawConnection& connection) {
    connection.read_bytes(1);
    connection.reset();
  });
  CHECK(look_at_target(looking_at(rude.port(), "https"), guard).error == ErrorClass::reset);
  const RawServer polite([](RawConnection& connection) { connection.read_bytes(1); });
  CHECK(look_at_target(looking_at(polite.port(), "https"), guard).error == ErrorClass::reset);
}
