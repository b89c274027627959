// How browsers read an address: one row for each thing that they correct. The values follow the WHATWG URL standard.
#include "probes/mail/url.hpp"

#include "probes/url.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

namespace gelombang::test {
namespace {

struct Row {
  std::string text;
  std::string url;
};

void check(const std::vector<Row>& rows, const std::string& base = {}) {
  for (const Row& row : rows) {
    INFO(row.text);
    const std::string url = mend_url(row.text, base);
    CHECK(url == row.url);
    if (!url.empty()) {
      CHECK(parse_http_url(url).has_value());
      CHECK(mend_url(url) == url);
    }
  }
}

}  // namespace

TEST_CASE("mail url: blanks, line breaks, slashes and letters are mended as browsers do it") {
  check({
      {"https://portal.test/v?t=1", "https://portal.test/v?t=1"},
      {"  \t\nhttps://portal.test/v ", "https://portal.test/v"},
      {"https://portal.test/v?na\r\n\tme=a", "https://portal.test/v?name=a"},
      {"ht\ntps://portal.test/v", "https://portal.test/v"},
      {"https://portal.test/a b?c=d e#f g", "https://portal.test/a%20b?c=d%20e#f%20g"},
      {"HTTPS://Portal.TEST/V", "https://portal.test/V"},
      {"hTTp://PORTAL.test", "http://portal.test/"},
      {"http:\\\\portal.test\\a\\b?c=\\d", "http://portal.test/a/b?c=\\d"},
      {"https:portal.test/v", "https://portal.test/v"},
      {"https:/portal.test/v", "https://portal.test/v"},
      {"https:////portal.test/v", "https://portal.test/v"},
      {"https://portal.test?t=1", "https://portal.test/?t=1"},
      {"https://portal.test#x", "https://portal.test/#x"},
      {"https://portal.test/v?a=\"<>'", "https://portal.test/v?a=%22%3C%3E%27"},
      {"https://portal.test/{a}|'^`", "https://portal.test/%7Ba%7D|'%5E%60"},
      {"https://portal.test/?a={b}|`^", "https://portal.test/?a={b}|`^"},
      {"https://portal.test/\u00e9?n=\u00e9#\u00e9", "https://portal.test/%C3%A9?n=%C3%A9#%C3%A9"},
      {"https://portal.test/%41%zz%", "https://portal.test/%41%zz%"},
      {"https://portal.test/a/../b/./c", "https://portal.test/b/c"},
      {"https://portal.test/a/%2e%2E/b/.%2e/%2e", "https://portal.test/"},
      {"https://portal.test/../../a", "https://portal.test/a"},
      {"https://portal.test/a/..", "https://portal.test/"},
      {"https://portal.test/a//b/", "https://portal.test/a//b/"},
      {"https://portal.test/...", "https://portal.test/..."},
      {"https://portal.test/v?u=../x", "https://portal.test/v?u=../x"},
      {"https://portal.test/a\x01\x7f", "https://portal.test/a%01%7F"},
  });
}

TEST_CASE("mail url: hosts and ports, and what no browser opens") {
  check({
      {"https://portal.test:443/v", "https://portal.test/v"},
      {"http://portal.test:80/v", "http://portal.test/v"},
      {"http://portal.test:443/v", "http://portal.test:443/v"},
      {"http://portal.test:/v", "http://portal.test/v"},
      {"http://portal.test:0008080/v", "http://portal.test:8080/v"},
      {"http://portal.test:65535/v", "http://portal.test:65535/v"},
      {"http://portal.test:65536/v", ""},
      {"http://portal.test:0/v", ""},
      {"http://portal.test:99999999999999999999/v", ""},
      {"http://portal.test:-1/v", ""},
      {"http://portal.test:8o/v", ""},
      {"http://portal.test:+80/v", ""},
      {"http://a:b:80/v", ""},
      {"http://budi@portal.test/v", "http://portal.test/v"},
      {"http://budi:rahasia@portal.test/v", "http://portal.test/v"},
      {"http://a@b:c@portal.test:81/v", "http://portal.test:81/v"},
      {"http://@portal.test/v", "http://portal.test/v"},
      {"http://portal.test/v?mail=budi@portal.test", "http://portal.test/v?mail=budi@portal.test"},
      {"http://b\u00fccher.test/v", "http://xn--bcher-kva.test/v"},
      {"http://%62%C3%BCcher.test/v", "http://xn--bcher-kva.test/v"},
      {"http://\xff.test/v", ""},
      {"http://por%74al.test/v", "http://portal.test/v"},
      {"http://portal.test%2fx/v", ""},
      {"http://a b.test/v", ""},
      {"http://a<b.test/v", ""},
      {"http://a|b.test/v", ""},
      {"http://[::1]:81/v", "http://[::1]:81/v"},
      {"http://[::1/v", ""},
      {"http://[no]/v", ""},
      {"http://127.0.0.1/v", "http://127.0.0.1/v"},
      {"http:///", ""},
      {"http://?a", ""},
      {"http://:80/", ""},
      {"http://", ""},
      {"http:", ""},
      {"", ""},
      {"/verifikasi", ""},
      {"portal.test/v", ""},
      {"javascript:alert(1)", ""},
      {"java\nscript:alert(1)", ""},
      {"ftp://portal.test/", ""},
      {"mailto:a@portal.test", ""},
      {"https//portal.test", ""},
      {"http://portal.test/" + std::string(kMaxLinkUrlBytes, 'a'), ""},
      {"http://portal.test/" + std::string(kMaxLinkUrlBytes / 2, ' ') + "a", ""},
  });
}

TEST_CASE("mail url: relative to a base") {
  check(
      {
          {"v?t=1", "https://portal.test/a/v?t=1"},
          {"/v", "https://portal.test/v"},
          {"\\v", "https://portal.test/v"},
          {"../v", "https://portal.test/v"},
          {"?t=1", "https://portal.test/a/b?t=1"},
          {"#x", "https://portal.test/a/b?c#x"},
          {"", "https://portal.test/a/b?c"},
          {"//other.test/v", "https://other.test/v"},
          {"\\\\other.test/v", "https://other.test/v"},
          {"http://other.test/v", "http://other.test/v"},
          {"mailto:a@t", ""},
      },
      "https://portal.test/a/b?c#d");
  CHECK(mend_url("v", "https://portal.test/") == "https://portal.test/v");
}

}  // namespace gelombang::test
