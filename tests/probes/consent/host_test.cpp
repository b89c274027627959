#include "probes/consent/host.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace gelombang {
namespace {

TEST_CASE("consent host: one spelling for each host", "[unit][consent]") {
  CHECK(normalise_host("Portal.Example.ID") == "portal.example.id");
  CHECK(normalise_host("portal.example.id.") == "portal.example.id");
  CHECK(normalise_host("portal.example.id:8443") == "portal.example.id");
  CHECK(normalise_host("portal.example.id.:8443") == "portal.example.id");
  CHECK(normalise_host("localhost") == "localhost");
  CHECK(normalise_host("xn--bcher-kva.example") == "xn--bcher-kva.example");
  CHECK(normalise_host("a_b-c.example") == "a_b-c.example");
  CHECK(normalise_host("127.0.0.1") == "127.0.0.1");
  CHECK(normalise_host("127.0.0.1.") == "127.0.0.1");
  CHECK(normalise_host("127.0.0.1:80") == "127.0.0.1");
  CHECK(normalise_host("::1") == "::1");
  CHECK(normalise_host("[::1]") == "::1");
  CHECK(normalise_host("[::1]:443") == "::1");
  CHECK(normalise_host("[2404:6800:0::1]") == "2404:6800::1");
  CHECK(normalise_host("[::ffff:11.22.33.44]") == "11.22.33.44");
}

TEST_CASE("consent host: what two parsers could read in two ways is no host", "[unit][consent]") {
  for (const char* text : {"",
                           ".",
                           "..",
                           "a..b",
                           ".a",
                           "a..",
                           "user@portal.go.id",
                           "portal.go.id@localhost",
                           "localhost#.go.id",
                           "localhost/go.id",
                           "localhost\\.go.id",
                           "go%2eid",
                           "portal.go.id%00",
                           "portal go.id",
                           "portal.go.id\t",
                           "portal\xE3\x80\x82go\xE3\x80\x82id",
                           "\xEF\xBD\x87o.id",
                           "[::1",
                           "[localhost]",
                           "[::1]x",
                           "[::1]:",
                           "[::1]:x",
                           "[127.0.0.1]",
                           "[fe80::1%25lo]",
                           "host:",
                           "host:x",
                           "host:123456",
                           "127.1",
                           "2130706433",
                           "0x7f.1",
                           "0x7f000001",
                           "0177.0.0.1.1",
                           "1.2.3.4.5",
                           "a.0x",
                           "*.example.id"}) {
    INFO(text);
    CHECK_FALSE(normalise_host(text));
  }
  CHECK_FALSE(normalise_host(std::string("localhost\0.go.id", 16)));
  CHECK_FALSE(normalise_host(std::string(64, 'a') + ".example"));
  std::string longest = "a";
  while (longest.size() < 253) longest += ".a";
  CHECK(normalise_host(longest) == longest);
  CHECK_FALSE(normalise_host(longest + ".a"));
}

TEST_CASE("consent host: go.id and everything under it asks for consent by name", "[unit][consent]") {
  for (const char* text :
       {"go.id", "GO.ID", "go.id.", "portal.go.id", "Portal.Go.Id.", "a.b.c.go.id:8443", "-.go.id"}) {
    INFO(text);
    CHECK(needs_named_consent(normalise_host(text).value()));
  }
  for (const char* text :
       {"notgo.id", "go.id.example", "goid", "id", "go.ide", "portal.co.id", "go-id", "127.0.0.1", "::1"}) {
    INFO(text);
    CHECK_FALSE(needs_named_consent(normalise_host(text).value()));
  }
}

TEST_CASE("consent host: what is remembered of a host is that host's", "[unit][consent]") {
  CHECK(read_host("127.0.0.1").facts.kind == AddressClass::loopback);
  CHECK(read_host("192.0.2.1").facts.kind == AddressClass::denied);
  CHECK(read_host("127.0.0.1").facts.kind == AddressClass::loopback);
  const NamedHost& named = read_host("portal.example");
  CHECK(named.name == "portal.example");
  CHECK_FALSE(named.address.has_value());
  CHECK(named.facts.kind == AddressClass::denied);
  CHECK_FALSE(read_host("127.1").name.has_value());
  CHECK(read_host("127.1").facts.kind == AddressClass::denied);
  CHECK(read_host("8.8.8.8").facts.kind == AddressClass::public_network);
}

}  // namespace
}  // namespace gelombang
