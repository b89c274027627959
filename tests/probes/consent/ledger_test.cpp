#include "probes/consent/ledger.hpp"

#include "probes/consent/address_class.hpp"
#include "tests/probes/consent/fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using test::FakeClock;
using test::sample_consent;
using Ruling = ConsentLedger::Ruling;

constexpr const char* kHost = "portal.example.id";

RemoteAddress at(const std::string& text, std::uint16_t port = 443) { return parse_address(text, port).value(); }

std::string text(const Ruling& ruling) {
  if (ruling.verdict.allowed) return "allowed";
  return (ruling.stop ? "stop: " : "denied: ") + ruling.verdict.reason;
}

struct Ledger {
  FakeClock clock;
  ConsentLedger::Policy policy{.has_contact = true, .reread_interval = 30s, .grace = 30s};
  std::optional<ConsentLedger> made;

  ConsentLedger& operator*() {
    if (!made) made.emplace(policy, clock);
    return *made;
  }
  ConsentLedger* operator->() { return &**this; }

  static ConsentLedger::Reading reading(const std::string& address, Result<Consent> consent,
                                        const std::string& id = "first") {
    if (!consent) return {at(address), consent.error()};
    return {at(address), VerifiedConsent{*consent, id}};
  }
  Ruling open(const std::string& host, std::vector<ConsentLedger::Reading> readings,
              const std::vector<RemoteAddress>& others = {}) {
    return (**this).open({"https", host, 443}, std::move(readings), others);
  }
  Ruling reread(const std::string& address, Result<Consent> consent, const std::string& id = "first") {
    return (**this).reread({"https", kHost, 443}, reading(address, std::move(consent), id));
  }
  // Opens the usual case: one host, one address, the sample consent.
  void open_sample() { REQUIRE(text(open(kHost, {reading("11.22.33.44", sample_consent())})) == "allowed"); }
};

TEST_CASE("consent guard: loopback is allowed, whatever its name", "[unit][consent]") {
  Ledger ledger;
  ledger.policy.has_contact = false;
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    INFO(address);
    CHECK(text(ledger->may_connect("localhost", at(address))) == "allowed");
    CHECK(text(ledger->may_connect("anything.example", at(address))) == "allowed");
  }
  CHECK(text(ledger->may_request("127.0.0.1", "/")) == "allowed");
  CHECK(text(ledger->may_request("[::1]:8080", "/")) == "allowed");
}

TEST_CASE("consent guard: a private address needs its flag and a contact", "[unit][consent]") {
  for (const char* address : {"10.0.0.1", "192.168.1.1", "172.16.0.9", "169.254.1.1", "fd00::1", "fe80::1",
                              "::ffff:10.0.0.1", "64:ff9b:1::10.0.0.1"}) {
    INFO(address);
    Ledger without;
    const Ruling denied = without->may_connect("intranet", at(address));
    CHECK_FALSE(denied.verdict.allowed);
    CHECK(denied.stop);
    CHECK(denied.verdict.reason.find("--allow-private-network") != std::string::npos);
    Ledger with;
    with.policy.allow_private_network = true;
    CHECK(text(with->may_connect("intranet", at(address))) == "allowed");
    Ledger nameless;
    nameless.policy.allow_private_network = true;
    nameless.policy.has_contact = false;
    CHECK(nameless->may_connect("intranet", at(address)).verdict.reason.find("--contact") != std::string::npos);
  }
}

TEST_CASE("consent guard: special addresses are denied with every flag and every consent", "[unit][consent]") {
  Ledger ledger;
  ledger.policy.allow_private_network = true;
  Consent consent = sample_consent();
  consent.paths = {"/"};
  for (const char* address : {"0.0.0.0", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
                              "::", "ff02::1", "2001:db8::1", "2002:b16:212c::1", "64:ff9b::127.0.0.1", "::127.0.0.1",
                              "64:ff9b::10.0.0.1", "::ffff:0.0.0.0"}) {
    INFO(address);
    CHECK(ledger->may_connect(kHost, at(address)).stop);
    CHECK(ledger->judge_address(kHost, at(address)).need == ConsentLedger::Need::refused);
  }
}

TEST_CASE("consent guard: nothing goes to a public address that was not cleared", "[unit][consent]") {
  Ledger ledger;
  ledger.policy.allow_private_network = true;
  CHECK(text(ledger->may_connect(kHost, at("11.22.33.44"))) ==
        "stop: no consent of portal.example.id at 11.22.33.44 has been read");
  CHECK(text(ledger->may_connect(kHost, at("::ffff:11.22.33.44"))) ==
        "stop: no consent of portal.example.id at 11.22.33.44 has been read");
  CHECK_FALSE(ledger->may_connect(kHost, at("64:ff9b::11.22.33.44")).verdict.allowed);
  CHECK_FALSE(ledger->may_connect(kHost, at("2404:6800::1")).verdict.allowed);
  CHECK_FALSE(ledger->may_request("11.22.33.44", "/api").verdict.allowed);
  CHECK_FALSE(ledger->may_request("user@localhost", "/").verdict.allowed);
}

TEST_CASE("consent guard: a valid consent opens its host at its address and port, and no other", "[unit][consent]") {
  Ledger ledger;
  CHECK(ledger->needs_opening(kHost, 443));
  ledger.open_sample();
  CHECK_FALSE(ledger->needs_opening(kHost, 443));
  CHECK(ledger->needs_opening(kHost, 8443));
  CHECK(text(ledger->may_connect("Portal.Example.ID.", at("11.22.33.44"))) == "allowed");
  CHECK(text(ledger->may_request(kHost, "/api/sessions")) == "allowed");
  CHECK(text(ledger->may_request("Portal.Example.ID:443", "/masuk?x=1")) == "allowed");
  CHECK_FALSE(ledger->may_connect(kHost, at("11.22.33.44", 8443)).verdict.allowed);
  CHECK_FALSE(ledger->may_connect("other.example.id", at("11.22.33.44")).verdict.allowed);
  CHECK(text(ledger->may_request("other.example.id", "/api")) ==
        "stop: a request names the host other.example.id, for which no consent has been checked");
}

TEST_CASE("consent guard: a Host header of the script's own is free while no consent is in use", "[unit][consent]") {
  Ledger ledger;
  CHECK(text(ledger->may_request("virtual.example", "/")) == "allowed");
  CHECK(ledger->may_request("virtual.go.id", "/").stop);
  ledger.open_sample();
  CHECK(ledger->may_request("virtual.example", "/").stop);
}

// Each thread caches what it knows of a host without consent. The thread must notice every change.
TEST_CASE("consent guard: a free host is free only until something is learnt of it", "[unit][consent]") {
  Ledger ledger;
  REQUIRE(text(ledger.open(kHost, {}, {at("127.0.0.1")})) == "allowed");
  CHECK_FALSE(ledger->needs_opening(kHost, 443));
  for (int i = 0; i < 100; ++i) CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  CHECK(ledger->needs_opening(kHost, 8443));
  Consent once = sample_consent();
  once.max_rate = Rate::per_second(1);
  REQUIRE(text(ledger->open({"https", kHost, 8443}, {Ledger::reading("11.22.33.44", once)}, {})) == "allowed");
  CHECK_FALSE(ledger->needs_opening(kHost, 8443));
  CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  CHECK(text(ledger->may_request(kHost, "/api")).find("over the maximum rate") != std::string::npos);
  CHECK_FALSE(ledger->may_request(kHost, "/api").verdict.allowed);
  Ledger other;
  CHECK(other->needs_opening(kHost, 443));
}

TEST_CASE("consent guard: a name that leads to a new address stops the run", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  CHECK(text(ledger->may_connect(kHost, at("11.22.33.55"))) ==
        "stop: portal.example.id now resolves to 11.22.33.55, where no consent has been read");
  CHECK_FALSE(ledger->may_connect(kHost, at("10.0.0.1")).verdict.allowed);
  CHECK_FALSE(ledger->may_connect(kHost, at("64:ff9b::11.22.33.44")).verdict.allowed);
}

TEST_CASE("consent guard: each address needs a consent of its own, and one of two is enough to go on",
          "[unit][consent]") {
  Ledger ledger;
  CHECK(text(ledger.open(kHost, {Ledger::reading("2404:6800::1", Error{"unreachable"}),
                                 Ledger::reading("11.22.33.44", sample_consent())})) == "allowed");
  CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  CHECK(text(ledger->may_connect(kHost, at("11.22.33.44"))) == "allowed");
  CHECK(text(ledger->may_connect(kHost, at("2404:6800::1"))) ==
        "denied: no consent of portal.example.id at 2404:6800::1: unreachable");
}

TEST_CASE("consent guard: absent, expired, early and misnamed consents open nothing", "[unit][consent]") {
  const auto opened = [](Result<Consent> consent, const std::string& host = kHost) {
    Ledger ledger;
    const Ruling ruling = ledger.open(host, {Ledger::reading("11.22.33.44", std::move(consent))});
    CHECK_FALSE(ledger->may_request(host, "/api").verdict.allowed);
    CHECK_FALSE(ledger->may_connect(host, at("11.22.33.44")).verdict.allowed);
    return text(ruling);
  };
  const std::string none = "stop: no consent of portal.example.id at 11.22.33.44: ";
  CHECK(opened(Error{"status 404"}) == none + "status 404");
  Consent expired = sample_consent();
  expired.not_before -= 48h;
  expired.expires = expired.not_before + 24h;
  CHECK(opened(expired) == none + "it expired at 2027-01-14T08:00:00Z");
  Consent early = sample_consent();
  early.not_before += 1s;
  CHECK(opened(early) == none + "it begins at 2027-01-15T08:00:01Z");
  CHECK(opened(sample_consent(), "www.example.id") ==
        "stop: no consent of www.example.id at 11.22.33.44: it does not name the host www.example.id");
}

TEST_CASE("consent guard: consent that runs out during the run stops it, to the second", "[unit][consent]") {
  Ledger ledger;
  Consent consent = sample_consent();
  consent.expires = consent.not_before + 20s;
  ledger.open(kHost, {Ledger::reading("11.22.33.44", consent)});
  ledger.clock.advance(20s - 1ns);
  CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  CHECK(text(ledger->may_connect(kHost, at("11.22.33.44"))) == "allowed");
  ledger.clock.advance(1ns);
  const std::string gone =
      "the consent of portal.example.id at 11.22.33.44 is no longer valid: it expired at 2027-01-15T08:00:20Z";
  CHECK(text(ledger->may_connect(kHost, at("11.22.33.44"))) == "stop: " + gone);
  CHECK(text(ledger->may_request(kHost, "/api")) == "denied: " + gone);
}

TEST_CASE("consent guard: a wall clock that steps over the end counts", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  ledger.clock.step_wall(24h * 8);
  CHECK(ledger->may_request(kHost, "/api").stop);
}

TEST_CASE("consent guard: over the maximum rate the run stops", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  for (int i = 0; i < 200; ++i) REQUIRE(ledger->may_request(kHost, "/api").verdict.allowed);
  CHECK(text(ledger->may_request(kHost, "/api")) ==
        "stop: the plan is over the maximum rate that portal.example.id consents to");
  ledger.clock.advance(1h);
  CHECK_FALSE(ledger->may_request(kHost, "/api").verdict.allowed);
}

TEST_CASE("consent guard: a segment has its share of the maximum rate", "[unit][consent]") {
  Ledger ledger;
  ledger.policy.segments = 8;
  ledger.open_sample();
  for (int i = 0; i < 25; ++i) REQUIRE(ledger->may_request(kHost, "/api").verdict.allowed);
  CHECK(ledger->may_request(kHost, "/api").stop);
}

TEST_CASE("consent guard: hosts and addresses of one consent share its rate", "[unit][consent]") {
  Ledger ledger;
  Consent consent = sample_consent();
  consent.hosts = {kHost, "b.example.id"};
  consent.max_rate = Rate::per_second(10);
  ledger.open(kHost, {Ledger::reading("11.22.33.44", consent), Ledger::reading("11.22.33.55", consent)});
  ledger.open("b.example.id", {Ledger::reading("11.22.33.44", consent)});
  for (int i = 0; i < 5; ++i) {
    REQUIRE(ledger->may_request(kHost, "/api").verdict.allowed);
    REQUIRE(ledger->may_request("b.example.id", "/api").verdict.allowed);
  }
  CHECK(ledger->may_request("b.example.id", "/api").stop);
}

TEST_CASE("consent guard: where the addresses of a host differ the strictest consent counts", "[unit][consent]") {
  Consent slow = sample_consent();
  slow.max_rate = Rate::per_second(3);
  slow.paths = {"/api"};
  Ledger ledger;
  ledger.open(kHost,
              {Ledger::reading("11.22.33.44", sample_consent(), "fast"), Ledger::reading("11.22.33.55", slow, "slow")});
  for (int i = 0; i < 3; ++i) REQUIRE(ledger->may_request(kHost, "/api").verdict.allowed);
  CHECK(ledger->may_request(kHost, "/api").stop);
}

TEST_CASE("consent guard: a path outside the consent stops the run and is not shown", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  CHECK(text(ledger->may_request(kHost, "/verifikasi/secret-token")) ==
        "stop: the consent of portal.example.id covers only /api, /masuk, but another path was requested");
  CHECK_FALSE(ledger->may_request(kHost, "/api").verdict.allowed);
  CHECK_FALSE(ledger->may_connect(kHost, at("11.22.33.44")).verdict.allowed);
}

TEST_CASE("consent guard: a consent is due again after the interval", "[unit][consent]") {
  Ledger ledger;
  CHECK_FALSE(ledger->next_due());
  ledger.open_sample();
  CHECK(ledger->next_due() == ledger.clock.now() + 30s);
  ledger.clock.advance(30s - 1ns);
  CHECK(ledger->due().empty());
  ledger.clock.advance(1ns);
  REQUIRE(ledger->due().size() == 1);
  CHECK(ledger->due()[0].address == at("11.22.33.44"));
  CHECK(ledger->due()[0].origin.host == kHost);
  CHECK(text(ledger.reread("11.22.33.44", sample_consent())) == "allowed");
  CHECK(ledger->due().empty());
  CHECK(ledger->next_due() == ledger.clock.now() + 30s);
}

TEST_CASE("consent guard: withdrawn, narrowed or misnamed at the next reading closes the host", "[unit][consent]") {
  const auto after = [](Result<Consent> consent) {
    Ledger ledger;
    ledger.open(kHost,
                {Ledger::reading("11.22.33.44", sample_consent()), Ledger::reading("11.22.33.55", sample_consent())});
    ledger.clock.advance(30s);
    const Ruling ruling = ledger.reread("11.22.33.44", std::move(consent), "second");
    CHECK_FALSE(ledger->may_request(kHost, "/api").verdict.allowed);
    CHECK_FALSE(ledger->may_connect(kHost, at("11.22.33.44")).verdict.allowed);
    CHECK_FALSE(ledger->may_connect(kHost, at("11.22.33.55")).verdict.allowed);
    CHECK_FALSE(ledger->next_due());
    return text(ruling);
  };
  CHECK(after(Error{"status 404"}) == "stop: the consent of portal.example.id at 11.22.33.44 is withdrawn: status 404");
  Consent other = sample_consent();
  other.hosts = {"other.example.id"};
  CHECK(after(other) ==
        "stop: the consent of portal.example.id at 11.22.33.44 is no longer valid: it does not name the host "
        "portal.example.id");
}

TEST_CASE("consent guard: a renewed consent replaces the old one without a second burst", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  for (int i = 0; i < 200; ++i) REQUIRE(ledger->may_request(kHost, "/api").verdict.allowed);
  Consent renewed = sample_consent();
  renewed.expires += 24h;
  renewed.paths = {"/"};
  CHECK(text(ledger.reread("11.22.33.44", renewed, "second")) == "allowed");
  ledger.clock.advance(5ms);
  CHECK(text(ledger->may_request(kHost, "/anything")) == "allowed");
  CHECK(ledger->may_request(kHost, "/anything").stop);
}

TEST_CASE("consent guard: a consent that is not read again in time is void", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  ledger.clock.advance(60s);
  CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  ledger.clock.advance(1ns);
  CHECK(text(ledger->may_request(kHost, "/api")) ==
        "stop: the consent of portal.example.id at 11.22.33.44 is no longer valid: it could not be read again in time");
}

TEST_CASE("consent guard: a go.id name needs consent on loopback and private addresses too", "[unit][consent]") {
  Ledger ledger;
  ledger.policy.allow_private_network = true;
  for (const char* host : {"portal.go.id", "Portal.GO.ID.", "go.id"}) {
    for (const char* address : {"127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1"}) {
      INFO(host << " at " << address);
      CHECK(ledger->may_connect(host, at(address)).stop);
    }
    CHECK(ledger->may_request(host, "/").stop);
  }
  CHECK_FALSE(ledger->may_connect("portal.go.id@localhost", at("127.0.0.1")).verdict.allowed);
  CHECK_FALSE(ledger->may_request("localhost@portal.go.id", "/").verdict.allowed);
  CHECK(ledger.open("portal.go.id", {Ledger::reading("127.0.0.1", Error{"status 404"})}).stop);
  CHECK_FALSE(ledger->may_connect("portal.go.id", at("127.0.0.1")).verdict.allowed);

  Consent consent = sample_consent();
  consent.hosts = {"staging.go.id"};
  CHECK(text(ledger.open("staging.go.id", {Ledger::reading("127.0.0.1", consent)})) == "allowed");
  CHECK(text(ledger->may_connect("staging.go.id", at("127.0.0.1"))) == "allowed");
  CHECK(text(ledger->may_request("staging.go.id", "/api")) == "allowed");
  CHECK_FALSE(ledger->may_connect("www.staging.go.id", at("127.0.0.1")).verdict.allowed);
}

TEST_CASE("consent guard: a consent never opens a private address without its flag", "[unit][consent]") {
  Ledger ledger;
  CHECK(ledger.open("staging.go.id", {}, {at("10.0.0.1")}).stop);
  CHECK_FALSE(ledger->may_connect("staging.go.id", at("10.0.0.1")).verdict.allowed);
  CHECK_FALSE(ledger->may_request("staging.go.id", "/").verdict.allowed);
}

TEST_CASE("consent guard: a name without addresses is the look-up's failure, not a refusal", "[unit][consent]") {
  Ledger ledger;
  ledger->open_unresolved({"https", kHost, 443});
  CHECK_FALSE(ledger->needs_opening(kHost, 443));
  CHECK(text(ledger->may_request(kHost, "/api")) == "allowed");
  CHECK_FALSE(ledger->may_connect(kHost, at("11.22.33.44")).verdict.allowed);
  ledger.clock.advance(1s);
  CHECK(ledger->needs_opening(kHost, 443));
  ledger->open_unresolved({"https", "portal.go.id", 443});
  CHECK_FALSE(ledger->may_request("portal.go.id", "/").verdict.allowed);
}

TEST_CASE("consent guard: the number of hosts that a run can be led to is bounded", "[unit][consent]") {
  Ledger ledger;
  for (int i = 0; i < 256; ++i) {
    REQUIRE(text(ledger.open("h" + std::to_string(i) + ".example", {}, {at("127.0.0.1")})) == "allowed");
  }
  CHECK(text(ledger.open("one.too.many", {}, {at("127.0.0.1")})) == "stop: the run has requested more than 256 hosts");
  CHECK(ledger->needs_opening("one.too.many", 443));
  CHECK(text(ledger.open("h0.example", {}, {at("127.0.0.1")})) == "allowed");
}

TEST_CASE("consent guard: all threads together keep to one maximum rate", "[unit][consent]") {
  Ledger ledger;
  ledger.open_sample();
  std::atomic<int> allowed{0};
  std::atomic<int> stops{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int request = 0; request < 100; ++request) {
        const Ruling ruling = ledger->may_request(kHost, "/api");
        if (ruling.verdict.allowed) ++allowed;
        if (ruling.stop) ++stops;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(allowed == 200);
  CHECK(stops == 1);
}

TEST_CASE("consent guard: a thread hears of each change with its next request", "[unit][consent]") {
  Ledger ledger;
  Consent consent = sample_consent();
  consent.max_rate = Rate::per_second(1'000'000);
  REQUIRE(text(ledger.open(kHost, {Ledger::reading("11.22.33.44", consent)})) == "allowed");
  std::atomic<bool> withdrawn{false};
  std::atomic<int> late{0};  // allowed after the consent was withdrawn
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (bool allowed = true; allowed;) {
        const bool before = withdrawn;
        allowed = ledger->may_request(kHost, "/api").verdict.allowed &&
                  ledger->may_connect(kHost, at("11.22.33.44")).verdict.allowed;
        if (allowed && before) ++late;
      }
    });
  }
  // Other changes at the same time: a renewed consent, other hosts.
  for (int i = 0; i < 20; ++i) {
    CHECK(text(ledger.reread("11.22.33.44", consent, "renewed " + std::to_string(i))) == "allowed");
    CHECK(text(ledger.open("host" + std::to_string(i) + ".example", {}, {at("127.0.0.1")})) == "allowed");
  }
  ledger.reread("11.22.33.44", Error{"gone"});
  withdrawn = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(late == 0);
}

}  // namespace
}  // namespace gelombang
