// The guard with real sockets and addresses of the public range. The tests run in a network namespace (in_namespace.sh)
// and refuse to run anywhere else.
#include "tests/integration/consent_setup.hpp"
#include "tests/integration/stub_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <memory>
#include <string>
#include <thread>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using namespace gelombang::test;
using Setup = ConsentSetup;

TEST_CASE("consent: published, signed and in force opens the target", "[integration][consent]") {
  Setup setup;
  StubServer server(kPublic, 0);
  setup.publish(server);
  REQUIRE(setup.guard().needs_preparation("http", kHost, server.port()));
  setup.clear(kHost, server.port());
  CHECK(setup.ask(kHost, server.port(), kPublic) == "allowed");
  CHECK_FALSE(setup.guard().needs_preparation("http", kHost, server.port()));
  CHECK(setup.withdrawn.now() == "");

  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target == kConsentPath);
  CHECK(requests[0].host == kHost + (":" + std::to_string(server.port())));
  CHECK(requests[0].headers.find("User-Agent: gelombang (tester@example.id)\r\n") != std::string::npos);
}

TEST_CASE("consent: over IPv6 and for an address without a name", "[integration][consent]") {
  Setup setup;
  StubServer server("2a00:1::44", 0);
  setup.consent.hosts = {"2a00:1::44"};
  setup.publish(server);
  setup.clear("2a00:1::44", server.port());
  CHECK(setup.ask("[2a00:1::44]", server.port(), "2a00:1::44") == "allowed");
}

TEST_CASE("consent: an answer that is not a valid consent opens nothing", "[integration][consent]") {
  Setup setup;
  StubServer server(kPublic, 0);
  const std::string path(kConsentPath);
  const std::string none = "no consent of portal.example.id at 11.22.33.44: ";
  std::string expected;
  SECTION("absent") { expected = path + " answered with status 404, expected 200"; }
  SECTION("a redirect to a good one") {
    StubServer elsewhere(kOther, 0);
    setup.publish(elsewhere);
    const std::string location = "http://11.22.33.55:" + std::to_string(elsewhere.port()) + path;
    server.set(path, {302, "Location: " + location + "\r\n", ""});
    setup.clear(kHost, server.port());
    CHECK(elsewhere.requests().empty());
    expected = path + " answered with status 302, expected 200";
  }
  SECTION("signed by somebody else") {
    server.set(path, {200, "", sign_consent(setup.consent, *ConsentSecretKey::generate()).value()});
    expected = "the signature does not match the consent key";
  }
  SECTION("for another host") {
    setup.consent.hosts = {"other.example.id"};
    setup.publish(server);
    expected = "it does not name the host portal.example.id";
  }
  SECTION("expired") {
    setup.consent.expires = setup.consent.not_before + 10min;
    setup.publish(server);
    expected = "it expired at " + format_utc(setup.consent.expires);
  }
  SECTION("not a consent file") {
    server.set(path, {200, "", "<html>welcome</html>"});
    expected = "the consent file is not a JSON object";
  }
  SECTION("too large") {
    server.set(path, {200, "", std::string(kMaxConsentFile + 1, ' ')});
    expected = path + " is larger than 32 KB";
  }
  setup.clear(kHost, server.port());
  CHECK(setup.ask(kHost, server.port(), kPublic) == none + expected);
  CHECK(setup.withdrawn.now() == none + expected);
  CHECK_FALSE(setup.guard().may_connect(kHost, *parse_address(kPublic, server.port())).allowed);
  CHECK(setup.withdrawn.calls() == 1);
}

TEST_CASE("consent: nobody listens, and no key was given", "[integration][consent]") {
  Setup setup;
  SECTION("nobody listens") {
    setup.clear(kHost, 81);
    CHECK(setup.withdrawn.now().find("could not be read: ") != std::string::npos);
  }
  SECTION("no key: the target is not even asked") {
    StubServer server(kPublic, 0);
    setup.publish(server);
    setup.options.key.reset();
    setup.clear(kHost, server.port());
    CHECK(setup.withdrawn.now().ends_with("no --consent-key was given"));
    CHECK(server.requests().empty());
  }
  SECTION("no contact: the target is not even asked") {
    StubServer server(kPublic, 0);
    setup.publish(server);
    setup.options.contact.clear();
    setup.clear(kHost, server.port());
    CHECK(setup.withdrawn.now().ends_with("beyond loopback --contact is required"));
    CHECK(server.requests().empty());
  }
}

TEST_CASE("consent: removed, replaced or unreachable during the run stops it", "[integration][consent]") {
  Setup setup;
  setup.options.reread_interval = 50ms;
  auto server = std::make_unique<StubServer>(kPublic, 0);
  const std::uint16_t port = server->port();
  setup.publish(*server);
  setup.clear(kHost, port);
  REQUIRE(setup.ask(kHost, port, kPublic) == "allowed");
  std::string expected;
  SECTION("removed") {
    server->remove(std::string(kConsentPath));
    expected = "answered with status 404";
  }
  SECTION("replaced by one for another host") {
    setup.consent.hosts = {"other.example.id"};
    setup.publish(*server);
    expected = "it does not name the host";
  }
  SECTION("signed by somebody else") {
    server->set(std::string(kConsentPath),
                {200, "", sign_consent(setup.consent, *ConsentSecretKey::generate()).value()});
    expected = "the signature does not match";
  }
  SECTION("unreachable") {
    server.reset();
    expected = "could not be read";
  }
  CHECK(setup.withdrawn.wait().find(expected) != std::string::npos);
  CHECK(setup.ask(kHost, port, kPublic).find(expected) != std::string::npos);
  CHECK_FALSE(setup.guard().may_connect(kHost, *parse_address(kPublic, port)).allowed);
  CHECK(setup.withdrawn.calls() == 1);
}

TEST_CASE("consent: it runs out during the run", "[integration][consent]") {
  Setup setup;
  setup.options.reread_interval = 50ms;
  setup.consent.expires = std::chrono::floor<std::chrono::seconds>(setup.clock.wall_now()) + 2s;
  StubServer server(kPublic, 0);
  setup.publish(server);
  setup.clear(kHost, server.port());
  REQUIRE(setup.ask(kHost, server.port(), kPublic) == "allowed");
  CHECK(setup.withdrawn.wait().ends_with("it expired at " + format_utc(setup.consent.expires)));
  CHECK(setup.ask(kHost, server.port(), kPublic) != "allowed");
}

TEST_CASE("consent: it is read again and again, and renewal keeps the run going", "[integration][consent]") {
  Setup setup;
  setup.options.reread_interval = 20ms;
  StubServer server(kPublic, 0);
  setup.publish(server);
  setup.clear(kHost, server.port());
  setup.consent.expires += 1h;
  setup.publish(server);
  while (server.count(std::string(kConsentPath)) < 5 && setup.withdrawn.now().empty()) std::this_thread::sleep_for(5ms);
  CHECK(setup.withdrawn.now() == "");
  CHECK(setup.ask(kHost, server.port(), kPublic) == "allowed");
}

TEST_CASE("consent: over its rate the run stops", "[integration][consent]") {
  Setup setup;
  setup.consent.max_rate = Rate::per_second(5);
  StubServer server(kPublic, 0);
  setup.publish(server);
  setup.clear(kHost, server.port());
  int allowed = 0;
  while (allowed < 1000 && setup.guard().may_request(kHost, "/").allowed) ++allowed;
  CHECK(allowed >= 5);
  CHECK(allowed < 1000);
  CHECK(setup.withdrawn.now() == "the plan is over the maximum rate that portal.example.id consents to");
}

TEST_CASE("consent: every address of a name needs its own", "[integration][consent]") {
  Setup setup;
  setup.names[kHost] = {kOther, kPublic};
  StubServer server(kPublic, 0);
  StubServer silent(kOther, server.port());
  setup.publish(server);
  setup.clear(kHost, server.port());
  CHECK(setup.ask(kHost, server.port(), kPublic) == "allowed");
  CHECK(setup.ask(kHost, server.port(), kOther).find("at 11.22.33.55: ") != std::string::npos);
  CHECK(setup.withdrawn.now() == "");
  CHECK(silent.count(std::string(kConsentPath)) == 1);
}

TEST_CASE("consent: a name that is bound to another address is caught at the socket", "[integration][consent]") {
  Setup setup;
  StubServer server(kPublic, 0);
  setup.publish(server);
  setup.clear(kHost, server.port());
  setup.names[kHost] = {kOther};
  CHECK_FALSE(setup.guard().needs_preparation("http", kHost, server.port()));
  for (const char* address : {kOther, "::ffff:11.22.33.55", "64:ff9b::11.22.33.44", "10.20.30.40", "100.64.0.1"}) {
    INFO(address);
    CHECK_FALSE(setup.guard().may_connect(kHost, *parse_address(address, server.port())).allowed);
  }
  CHECK_FALSE(setup.withdrawn.now().empty());
}

TEST_CASE("consent: private and special addresses are not even asked for theirs", "[integration][consent]") {
  Setup setup;
  StubServer private_server("10.20.30.40", 0);
  StubServer carrier("100.64.0.1", private_server.port());
  setup.names[kHost] = {"10.20.30.40", "100.64.0.1"};
  setup.publish(private_server);
  setup.publish(carrier);
  setup.clear(kHost, private_server.port());
  CHECK(setup.withdrawn.now().find("it needs --allow-private-network") != std::string::npos);
  CHECK(private_server.requests().empty());
  CHECK(carrier.requests().empty());
}

TEST_CASE("consent: a go.id name needs its consent on loopback", "[integration][consent]") {
  Setup setup;
  StubServer server("127.0.0.1", 0);
  setup.names["portal.go.id"] = {"127.0.0.1"};
  setup.consent.hosts = {"portal.go.id"};
  SECTION("absent") {
    setup.clear("Portal.GO.ID.", server.port());
    CHECK(setup.ask("portal.go.id", server.port(), "127.0.0.1") != "allowed");
    CHECK_FALSE(setup.withdrawn.now().empty());
  }
  SECTION("present") {
    setup.publish(server);
    setup.clear("Portal.GO.ID.", server.port());
    CHECK(setup.ask("portal.go.id", server.port(), "127.0.0.1") == "allowed");
  }
  CHECK(server.count(std::string(kConsentPath)) == 1);
}

TEST_CASE("consent: proxies of the environment are ignored", "[integration][consent]") {
  Setup setup;
  StubServer proxy("127.0.0.1", 0);
  setup.publish(proxy);
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    setenv(name, url.c_str(), 1);
  StubServer server(kPublic, 0);
  setup.publish(server);
  setup.clear(kHost, server.port());
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  CHECK(setup.ask(kHost, server.port(), kPublic) == "allowed");
  CHECK(proxy.requests().empty());
}

TEST_CASE("consent: over TLS the certificate is verified, always", "[integration][consent]") {
  Setup setup;
  const test::TemporaryDirectory directory;
  const test::TestCertificate good = test::make_certificate(directory.path(), kHost);
  const test::TestCertificate other = test::make_certificate(directory.path(), "other.example.id");
  SECTION("trusted") {
    StubServer server(kPublic, 0, &good);
    setup.publish(server);
    setup.options.ca_file = good.certificate_file;
    setup.clear(kHost, server.port(), "https");
    CHECK(setup.ask(kHost, server.port(), kPublic) == "allowed");
  }
  SECTION("not trusted") {
    StubServer server(kPublic, 0, &good);
    setup.publish(server);
    setup.clear(kHost, server.port(), "https");
    CHECK(setup.ask(kHost, server.port(), kPublic).find("certificate") != std::string::npos);
    CHECK(server.requests().empty());
  }
  SECTION("of another name") {
    StubServer server(kPublic, 0, &other);
    setup.publish(server);
    setup.options.ca_file = other.certificate_file;
    setup.clear(kHost, server.port(), "https");
    CHECK(setup.ask(kHost, server.port(), kPublic) != "allowed");
    CHECK(server.requests().empty());
  }
}

TEST_CASE("consent: a guard that goes while a target is silent does not wait for it", "[integration][consent]") {
  Setup setup;
  // The port listens, but no process accepts: only the kernel accepts the connection.
  test::ChildProcess silent({"python3", "-c",
                             "import socket, time\n"
                             "s = socket.create_server(('11.22.33.44', 8181))\n"
                             "print('ready', flush=True)\n"
                             "time.sleep(60)\n"});
  silent.wait_for_output("ready");
  const TimePoint before = setup.clock.now();
  setup.guard().prepare("http", kHost, 8181, [] { FAIL("called although the guard is gone"); });
  std::this_thread::sleep_for(200ms);
  setup.made.reset();
  CHECK(setup.clock.now() - before < 4s);
}

}  // namespace
}  // namespace gelombang
