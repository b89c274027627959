#include "probes/consent/address_class.hpp"

#include "probes/consent/address_resolver.hpp"
#include "tests/support/catch.hpp"

#include <netinet/in.h>

#include <array>
#include <cstring>
#include <string>

namespace gelombang {
namespace {

using enum AddressClass;

AddressClass class_of(const std::string& text) {
  const auto address = parse_address(text);
  INFO(text);
  REQUIRE(address);
  return classify(*address).kind;
}

struct Row {
  const char* text;
  AddressClass kind;
};

// The two ends of every range, and their neighbours outside the range.
constexpr Row kIpv4[] = {
    {"0.0.0.0", denied},
    {"0.255.255.255", denied},
    {"1.0.0.0", public_network},
    {"9.255.255.255", public_network},
    {"10.0.0.0", private_network},
    {"10.255.255.255", private_network},
    {"11.0.0.0", public_network},
    {"11.22.33.44", public_network},
    {"100.63.255.255", public_network},
    {"100.64.0.0", denied},
    {"100.127.255.255", denied},
    {"100.128.0.0", public_network},
    {"126.255.255.255", public_network},
    {"127.0.0.0", loopback},
    {"127.0.0.1", loopback},
    {"127.255.255.255", loopback},
    {"128.0.0.0", public_network},
    {"169.253.255.255", public_network},
    {"169.254.0.0", private_network},
    {"169.254.169.254", private_network},
    {"169.254.255.255", private_network},
    {"169.255.0.0", public_network},
    {"172.15.255.255", public_network},
    {"172.16.0.0", private_network},
    {"172.31.255.255", private_network},
    {"172.32.0.0", public_network},
    {"191.255.255.255", public_network},
    {"192.0.0.0", denied},
    {"192.0.0.255", denied},
    {"192.0.1.0", public_network},
    {"192.0.1.255", public_network},
    {"192.0.2.0", denied},
    {"192.0.2.255", denied},
    {"192.0.3.0", public_network},
    {"192.31.196.0", denied},
    {"192.31.197.0", public_network},
    {"192.52.193.255", denied},
    {"192.52.194.0", public_network},
    {"192.88.98.255", public_network},
    {"192.88.99.1", denied},
    {"192.88.100.0", public_network},
    {"192.167.255.255", public_network},
    {"192.168.0.0", private_network},
    {"192.168.255.255", private_network},
    {"192.169.0.0", public_network},
    {"192.175.48.0", denied},
    {"192.175.49.0", public_network},
    {"198.17.255.255", public_network},
    {"198.18.0.0", denied},
    {"198.19.255.255", denied},
    {"198.20.0.0", public_network},
    {"198.51.99.255", public_network},
    {"198.51.100.0", denied},
    {"198.51.100.255", denied},
    {"198.51.101.0", public_network},
    {"203.0.112.255", public_network},
    {"203.0.113.0", denied},
    {"203.0.113.255", denied},
    {"203.0.114.0", public_network},
    {"223.255.255.255", public_network},
    {"224.0.0.0", denied},
    {"239.255.255.255", denied},
    {"240.0.0.0", denied},
    {"255.255.255.254", denied},
    {"255.255.255.255", denied},
};

constexpr Row kIpv6[] = {
    {"::", denied},
    {"::1", loopback},
    {"100::1", denied},        // discard only
    {"1fff:ffff::1", denied},  // not global unicast
    {"2000::", public_network},
    {"2001::1", denied},         // Teredo
    {"2001:0:ffff::1", denied},  // Teredo
    {"2001:1::1", denied},       // protocol assignments, up to 2001:1ff
    {"2001:2::1", denied},       // benchmarking
    {"2001:10::1", denied},      // ORCHID
    {"2001:20::1", denied},      // ORCHIDv2
    {"2001:1ff:ffff::1", denied},
    {"2001:200::1", public_network},
    {"2001:db7:ffff::1", public_network},
    {"2001:db8::", denied},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", denied},
    {"2001:db9::", public_network},
    {"2002::", denied},
    {"2002:7f00:1::1", denied},  // 6to4 of 127.0.0.1
    {"2002:ffff:ffff::1", denied},
    {"2003::1", public_network},
    {"2404:6800::1", public_network},
    {"2620:4f:8000::1", denied},
    {"2620:4f:8001::1", public_network},
    {"3ffe:ffff::1", public_network},
    {"3fff::1", denied},
    {"3fff:fff:ffff::1", denied},
    {"3fff:1000::1", public_network},
    {"3fff:ffff:ffff::1", public_network},
    {"4000::", denied},
    {"5f00::1", denied},
    {"fbff:ffff::1", denied},
    {"fc00::", private_network},
    {"fd12:3456::1", private_network},
    {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", private_network},
    {"fe00::1", denied},
    {"fe7f:ffff::1", denied},
    {"fe80::1", private_network},
    {"febf:ffff::1", private_network},
    {"fec0::1", denied},  // site-local, abolished
    {"ff00::", denied},
    {"ff02::1", denied},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", denied},
};

TEST_CASE("address class: every IPv4 range ends where its registry says", "[unit][address]") {
  for (const Row& row : kIpv4) {
    INFO(row.text);
    CHECK(class_of(row.text) == row.kind);
  }
}

TEST_CASE("address class: every IPv6 range ends where its registry says", "[unit][address]") {
  for (const Row& row : kIpv6) {
    INFO(row.text);
    CHECK(class_of(row.text) == row.kind);
  }
}

TEST_CASE("address class: an IPv4-mapped address is its IPv4 address", "[unit][address]") {
  for (const Row& row : kIpv4) {
    INFO(row.text);
    const std::string mapped = std::string("::ffff:") + row.text;
    CHECK(class_of(mapped) == row.kind);
    CHECK(parse_address(mapped) == parse_address(row.text));
  }
  CHECK(class_of("::ffff:7f00:1") == loopback);
  CHECK(class_of("::ffff:a00:1") == private_network);
}

TEST_CASE("address class: what a translator or an old form hides is unwrapped and never gains by it",
          "[unit][address]") {
  for (const Row& row : kIpv4) {
    INFO(row.text);
    const AddressClass public_or_denied = row.kind == public_network ? public_network : denied;
    CHECK(class_of(std::string("64:ff9b::") + row.text) == public_or_denied);
    if (std::string(row.text) != "0.0.0.0") CHECK(class_of(std::string("::") + row.text) == public_or_denied);
    const AddressClass local = row.kind == loopback ? denied : row.kind;
    CHECK(class_of(std::string("64:ff9b:1::") + row.text) == local);
  }
  // Shorter prefixes than /96 have the address in another place.
  CHECK(class_of("64:ff9b:1:7f00:0:100::") == denied);
  CHECK(class_of("64:ff9b:1::a:0:0:0") == denied);
  CHECK(class_of("64:ff9b:1::a00:1:0:0") == denied);
  CHECK(class_of("64:ff9b:0:1::b16:212c") == denied);
  CHECK(class_of("64:ff9b:2::b16:212c") == denied);
  CHECK(class_of("::2") == denied);
  CHECK(class_of("::fffe:b16:212c") == denied);
}

TEST_CASE("address class: every fact has a text for people", "[unit][address]") {
  for (const Row& row : kIpv4) CHECK_FALSE(classify(*parse_address(row.text)).range.empty());
  for (const Row& row : kIpv6) CHECK_FALSE(classify(*parse_address(row.text)).range.empty());
  CHECK(classify(*parse_address("255.255.255.255")).range == "the broadcast address");
  CHECK(classify(*parse_address("2001:0:1::")).range == "a Teredo address (2001::/32)");
}

TEST_CASE("address: literals are read strictly and written in one form", "[unit][address]") {
  for (const char* text : {"", " 127.0.0.1", "127.0.0.1 ", "127.1", "2130706433", "0x7f000001", "127.0.0.256", "1.2.3",
                           "1.2.3.4.5", "[::1]", "::1%lo", "fe80::1%1", ":::", "12345::", "localhost"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
  CHECK_FALSE(parse_address(std::string("127.0.0.1\0x", 11)));
  CHECK(format_address(*parse_address("11.22.33.44", 80)) == "11.22.33.44");
  CHECK(format_address(*parse_address("2404:6800:0:0:0:0:0:1")) == "2404:6800::1");
  CHECK(format_address(*parse_address("::FFFF:11.22.33.44")) == "11.22.33.44");
  CHECK(parse_address("::1", 443)->port == 443);
  CHECK(is_ipv4(*parse_address("1.2.3.4")));
  CHECK_FALSE(is_ipv4(*parse_address("::1")));
}

TEST_CASE("address: the operating system's form keeps address and port", "[unit][address]") {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(8080);
  in6.sin6_addr.s6_addr[15] = 1;
  const auto from = [](const auto& raw, std::size_t size) {
    return from_sockaddr(reinterpret_cast<const sockaddr&>(raw), size);
  };
  CHECK(from(in6, sizeof in6) == parse_address("::1", 8080));
  CHECK_FALSE(from(in6, sizeof in6 - 1));
  in6.sin6_scope_id = 3;
  CHECK_FALSE(from(in6, sizeof in6));

  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_port = htons(443);
  in4.sin_addr.s_addr = htonl(0x0b16212c);
  CHECK(from(in4, sizeof in4) == parse_address("11.22.33.44", 443));
  in4.sin_family = AF_UNIX;
  CHECK_FALSE(from(in4, sizeof in4));
}

TEST_CASE("address: a literal resolves to itself", "[unit][address]") {
  const auto addresses = resolve_addresses("11.22.33.44", 443);
  REQUIRE(addresses);
  REQUIRE(addresses->size() == 1);
  CHECK(addresses->front() == parse_address("11.22.33.44", 443));
}

}  // namespace
}  // namespace gelombang
