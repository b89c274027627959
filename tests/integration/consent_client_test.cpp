// The guard together with the client that asks it. The servers that this process could reach show what it sends.
#include "probes/http/client.hpp"
#include "probes/http/user.hpp"

#include "tests/integration/consent_setup.hpp"
#include "tests/integration/stub_server.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using test::ConsentSetup;
using test::kHost;
using test::kOther;
using test::kPublic;
using test::StubServer;

// One user with one client that asks the setup's guard.
struct Client {
  Client(ConsentSetup& setup, std::vector<std::string> pins)
      : client(context, setup.clock, setup.guard(), options(std::move(pins))), user(client) {}

  static HttpClient::Options options(std::vector<std::string> pins) {
    HttpClient::Options made;
    made.resolve = std::move(pins);
    return made;
  }

  HttpResult get(const std::string& url, std::vector<HttpHeader> headers = {}) {
    HttpRequest request;
    request.url = url;
    request.headers = std::move(headers);
    request.timeout = 10s;
    std::optional<HttpResult> result;
    client.start(user, std::move(request), [&result](HttpResult done) { result = std::move(done); });
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!result && std::chrono::steady_clock::now() < deadline) context.run_one_for(1s);
    if (!result) FAIL("a request did not end");
    return std::move(*result);
  }

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  HttpClient client;
  HttpUser user;
};

std::string url(const std::string& host, std::uint16_t port, const std::string& path = "/") {
  return "http://" + host + ":" + std::to_string(port) + path;
}
std::string pin(const std::string& host, std::uint16_t port, const std::string& address) {
  return host + ":" + std::to_string(port) + ":" + address;
}
void check_refused(const HttpResult& result) {
  CHECK(result.hops.back().outcome == Outcome::failure);
  CHECK(result.hops.back().error == ErrorClass::consent);
  CHECK_FALSE(result.error_detail.empty());
}
// All requests that reached the server except readings of its consent.
std::size_t others(const StubServer& server) {
  return server.requests().size() - server.count(std::string(kConsentPath));
}

TEST_CASE("consent at the client: read once, before the first request", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server(kPublic, 0);
  setup.publish(server);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {pin(kHost, server.port(), kPublic)});
  for (int i = 0; i < 3; ++i) CHECK(client.get(url(kHost, server.port())).response.body == "welcome");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].target == kConsentPath);
  CHECK(setup.withdrawn.now() == "");
}

TEST_CASE("consent at the client: without it nothing but the question is sent", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server(kPublic, 0);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {pin(kHost, server.port(), kPublic)});
  check_refused(client.get(url(kHost, server.port())));
  check_refused(client.get(url(kHost, server.port())));
  CHECK(server.count(std::string(kConsentPath)) == 1);
  CHECK(others(server) == 0);
  CHECK(setup.withdrawn.calls() == 1);
}

TEST_CASE("consent at the client: a redirect does not lead out of it", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server(kPublic, 0);
  StubServer elsewhere(kOther, server.port());
  StubServer inside("10.20.30.40", server.port());
  StubServer loopback("127.0.0.1", server.port());
  setup.publish(server);
  setup.publish(elsewhere);  // valid, but it names only kHost
  std::string to;
  bool asked = false;
  SECTION("to another public host") {
    to = "other.example.id";
    setup.names[to] = {kOther};
    asked = true;
  }
  SECTION("to a public address") {
    to = kOther;
    asked = true;
  }
  SECTION("to a private address") { to = "10.20.30.40"; }
  SECTION("to its mapped form") { to = "[::ffff:10.20.30.40]"; }
  SECTION("to a go.id name on loopback") {
    to = "portal.go.id";
    setup.names[to] = {"127.0.0.1"};
  }
  server.set("/", {302, "Location: " + url(to, server.port(), "/next") + "\r\n", ""});
  Client client(setup, {pin(kHost, server.port(), kPublic), pin("other.example.id", server.port(), kOther),
                        pin("portal.go.id", server.port(), "127.0.0.1")});
  const HttpResult result = client.get(url(kHost, server.port()));
  REQUIRE(result.hops.size() == 2);
  CHECK(result.hops[0].status == 302);
  check_refused(result);
  CHECK(others(elsewhere) == 0);
  CHECK(elsewhere.count(std::string(kConsentPath)) == (asked ? 1 : 0));
  CHECK(inside.requests().empty());
  CHECK(others(loopback) == 0);
  CHECK_FALSE(setup.withdrawn.now().empty());
}

TEST_CASE("consent at the client: a name that is bound anew gets no connection", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server(kPublic, 0);
  setup.publish(server);
  std::string rebound;
  SECTION("public") { rebound = kOther; }
  SECTION("private") { rebound = "10.20.30.40"; }
  SECTION("shared carrier space") { rebound = "100.64.0.1"; }
  StubServer target(rebound, server.port());
  setup.publish(target);
  Client client(setup, {pin(kHost, server.port(), rebound)});
  check_refused(client.get(url(kHost, server.port())));
  CHECK(target.requests().empty());
  CHECK_FALSE(setup.withdrawn.now().empty());
}

TEST_CASE("consent at the client: a mapped address is its IPv4 address", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server(kPublic, 0);
  StubServer inside("10.20.30.40", server.port());
  Client client(setup, {});
  check_refused(client.get(url("[::ffff:10.20.30.40]", server.port())));
  check_refused(client.get(url("[::ffff:11.22.33.44]", server.port())));
  CHECK(inside.requests().empty());
  CHECK(others(server) == 0);
}

TEST_CASE("consent at the client: it runs out between two requests", "[integration][consent]") {
  ConsentSetup setup;
  setup.options.reread_interval = 50ms;
  setup.consent.expires = std::chrono::floor<std::chrono::seconds>(setup.clock.wall_now()) + 2s;
  StubServer server(kPublic, 0);
  setup.publish(server);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {pin(kHost, server.port(), kPublic)});
  REQUIRE(client.get(url(kHost, server.port())).response.status == 200);
  REQUIRE(setup.withdrawn.wait().find("it expired at ") != std::string::npos);
  check_refused(client.get(url(kHost, server.port())));
  CHECK(others(server) == 1);
}

TEST_CASE("consent at the client: requests over its rate are not sent", "[integration][consent]") {
  ConsentSetup setup;
  setup.consent.max_rate = Rate::per_second(5);
  StubServer server(kPublic, 0);
  setup.publish(server);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {pin(kHost, server.port(), kPublic)});
  const TimePoint start = setup.clock.now();
  std::size_t served = 0;
  HttpResult result = client.get(url(kHost, server.port()));
  while (result.response.status == 200 && served < 1000) {
    ++served;
    result = client.get(url(kHost, server.port()));
  }
  const double seconds = to_seconds(setup.clock.now() - start);
  check_refused(result);
  CHECK(served >= 5);
  CHECK(static_cast<double>(served) <= 5 * (seconds + 1));
  CHECK(others(server) == served);
}

TEST_CASE("consent at the client: proxies of the environment are ignored", "[integration][consent]") {
  ConsentSetup setup;
  StubServer proxy("127.0.0.1", 0);
  const std::string address = url("127.0.0.1", proxy.port());
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) setenv(name, address.c_str(), 1);
  StubServer server(kPublic, 0);
  setup.publish(server);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {pin(kHost, server.port(), kPublic)});
  const HttpResult result = client.get(url(kHost, server.port()));
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  CHECK(result.response.status == 200);
  CHECK(proxy.requests().empty());
}

TEST_CASE("consent at the client: a go.id name in Host needs consent even on loopback", "[integration][consent]") {
  ConsentSetup setup;
  StubServer server("127.0.0.1", 0);
  server.set("/", {200, "", "welcome"});
  Client client(setup, {});
  CHECK(client.get(url("127.0.0.1", server.port()), {{"Host", "virtual.example"}}).response.status == 200);
  for (const char* host : {"portal.go.id", "Portal.GO.ID.:80"}) {
    INFO(host);
    check_refused(client.get(url("127.0.0.1", server.port()), {{"Host", host}}));
  }
  CHECK(server.requests().size() == 1);
  CHECK_FALSE(setup.withdrawn.now().empty());
}

}  // namespace
}  // namespace gelombang
