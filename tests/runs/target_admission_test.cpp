// What is said about a target before the first arrival, and the exit code.
#include "runs/target_admission.hpp"
#include "probes/consent/address_class.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/tls_peer.hpp"

#include <openssl/ssl.h>

#include <string>

using namespace gelombang;
using namespace gelombang::test;

namespace {

TargetUrl target_at(const std::string& scheme, const std::string& host, std::uint16_t port) {
  return {scheme + "://" + host + ":" + std::to_string(port), scheme, host, port};
}

// portal.test is at 127.0.0.1. No other name exists.
Result<std::vector<RemoteAddress>> one_name(const std::string& host, std::uint16_t port) {
  if (host == "portal.test") return std::vector<RemoteAddress>{*parse_address("127.0.0.1", port)};
  return Error{"the name " + host + " cannot be resolved: Name or service not known"};
}

ExitCause refusal(const TargetAdmission& admission) {
  REQUIRE(admission.refusal);
  INFO(admission.refusal->text);
  CHECK(admission.refusal->text.find('\n') == std::string::npos);
  return admission.refusal->cause;
}

}  // namespace

TEST_CASE("admission: a target that takes connections is admitted, at its pinned address", "[integration]") {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  ScriptedGuard guard;
  const auto admission =
      admit_target(target_at("http", "portal.test", server.port()), {}, guard, one_name, FirstLook::taken);
  CHECK_FALSE(admission.refusal);
  CHECK(admission.resolve == std::vector<std::string>{"portal.test:" + std::to_string(server.port()) + ":127.0.0.1"});
}

TEST_CASE("admission: a name without an address is a mistake of whoever asks, unless the look is skipped",
          "[integration]") {
  ScriptedGuard guard;
  const TargetUrl typo = target_at("https", "portel.test", 443);
  const auto admission = admit_target(typo, {}, guard, one_name, FirstLook::taken);
  CHECK(refusal(admission) == ExitCause::configuration);
  CHECK(admission.refusal->text ==
        "https://portel.test:443: the name portel.test cannot be resolved: Name or service not known; nothing was sent "
        "(--skip-preflight runs anyway)");
  CHECK_FALSE(admit_target(typo, {}, guard, one_name, FirstLook::skipped).refusal);
}

TEST_CASE("admission: a target that refuses connections gives no data, unless the look is skipped", "[integration]") {
  ScriptedGuard guard;
  const TargetUrl down = target_at("http", "portal.test", free_port());
  const auto admission = admit_target(down, {}, guard, one_name, FirstLook::taken);
  CHECK(refusal(admission) == ExitCause::no_data);
  CHECK(admission.refusal->text == down.text +
                                       ": nothing listens on the port, or the backlog is full; nothing was sent "
                                       "(--skip-preflight runs anyway)");
  CHECK_FALSE(admit_target(down, {}, guard, one_name, FirstLook::skipped).refusal);
}

TEST_CASE("admission: a certificate that would fail each request is said at once", "[integration]") {
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  const RawServer server(tls_play(authority.issue("leaf", {.names = {"other.test"}, .addresses = {}}), TLS1_3_VERSION,
                                  [](TlsConnection& connection) { connection.raw().wait_for_close(); }));
  const TargetUrl target = target_at("https", "portal.test", server.port());
  ScriptedGuard guard;
  RunPlan plan;
  plan.ca_file = authority.ca_file();
  const auto admission = admit_target(target, plan, guard, one_name, FirstLook::taken);
  CHECK(refusal(admission) == ExitCause::configuration);
  CHECK(admission.refusal->text.find("the certificate is for another name (") != std::string::npos);
  plan.verify_certificates = false;
  CHECK_FALSE(admit_target(target, plan, guard, one_name, FirstLook::taken).refusal);
}

TEST_CASE("admission: without consent nothing is connected to, whether the look is skipped or not", "[integration]") {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const FirstLook first_look = GENERATE(FirstLook::taken, FirstLook::skipped);
  ScriptedGuard guard;
  guard.connect_allowed = [](std::string_view, const RemoteAddress&) { return false; };
  const TargetUrl target = target_at("http", "portal.test", server.port());
  CHECK(refusal(admit_target(target, {}, guard, one_name, first_look)) == ExitCause::refused);
  CHECK(server.accepted() == 0);
}
