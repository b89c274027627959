// The parts of a transfer that need no network: URLs, bodies, redirects, cookies, block pages.
#include "probes/consent/remote_address.hpp"
#include "probes/http/block_page.hpp"
#include "probes/http/body.hpp"
#include "probes/http/cookies.hpp"
#include "probes/http/redirect.hpp"
#include "probes/http/spare_results.hpp"
#include "probes/http/transfer_table.hpp"
#include "probes/url.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"

using namespace gelombang;

namespace {

std::string read_all(HttpBody& body, std::size_t step) {
  std::string text;
  std::string chunk(step, '\0');
  while (const std::size_t got = body.read(chunk.data(), chunk.size())) text.append(chunk, 0, got);
  return text;
}

HttpUrl url_of(std::string_view text) { return *parse_http_url(text); }

}  // namespace

TEST_CASE("url: its parts are what libcurl would use") {
  const HttpUrl url = url_of("HTTPS://Portal.Example.TEST:8443/a/./b/../c?q=1#top");
  CHECK(url.scheme == "https");
  CHECK(url.host == "portal.example.test");
  CHECK(url.port == 8443);
  CHECK(url.path == "/a/c");
  CHECK(url.full.find('#') == std::string::npos);
  CHECK(url.shown == "https://portal.example.test:8443/a/c");
  CHECK_FALSE(url.literal);
  CHECK(url_of("http://127.0.0.1/").literal);
  CHECK(url_of("http://[::1]:81/").host == "::1");
  CHECK(url_of("http://[::1]:81/").shown == "http://[::1]:81/");
  CHECK(url_of("http://a.test").port == 80);
  CHECK(url_of("http://a.test").path == "/");
  CHECK(url_of("http://a.test/x").same_origin(url_of("http://A.test:80/y")));
  CHECK_FALSE(url_of("http://a.test/").same_origin(url_of("https://a.test/")));
}

TEST_CASE("url: what is parsed for libcurl is what it would read by itself") {
  const auto part = [](CURLU* url, CURLUPart which, unsigned flags) {
    char* text = nullptr;
    const CURLUcode code = curl_url_get(url, which, &text, flags);
    const CurlText owned(text);
    return std::to_string(code) + " " + (text != nullptr ? text : "");
  };
  HttpUrlCache urls;
  for (const char* text :
       {"http://127.0.0.1:8080/page", "HTTPS://Portal.Example.TEST/a/./b/../c?q=1&r=%20#top", "http://a.test",
        "http://a.test:80/x", "http://a.test/?", "http://a.test/%2e%2e/%41~", "http://a.test//b//..;c?x?y",
        "http:/a.test/one-slash", "http://m%c3%bcnchen.test/\xc3\xa4", "http://0x7f.1/", "http://a.test/a:b@c"}) {
    CAPTURE(text);
    const auto url = urls.parse(text);
    REQUIRE(url.has_value());
    CurlUrl read(curl_url());
    constexpr unsigned kByItself = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER;
    REQUIRE(curl_url_set(read.get(), CURLUPART_URL, (*url)->full.c_str(), kByItself) == CURLUE_OK);
    REQUIRE((*url)->parsed);
    const CurlUrl copy(curl_url_dup((*url)->parsed.get()));  // libcurl takes such a copy
    for (const auto& [which, flags] :
         std::initializer_list<std::pair<CURLUPart, unsigned>>{{CURLUPART_SCHEME, 0},
                                                               {CURLUPART_HOST, 0},
                                                               {CURLUPART_PORT, CURLU_DEFAULT_PORT},
                                                               {CURLUPART_USER, 0},
                                                               {CURLUPART_PASSWORD, 0},
                                                               {CURLUPART_OPTIONS, CURLU_URLDECODE},
                                                               {CURLUPART_PATH, CURLU_URLENCODE},
                                                               {CURLUPART_QUERY, 0},
                                                               {CURLUPART_URL, 0}}) {
      CHECK(part(copy.get(), which, flags) == part(read.get(), which, flags));
    }
  }
  CHECK_FALSE((*urls.parse("http://[fe80::1%25eth0]/"))->parsed);  // libcurl 7.88 would lose the zone
  CHECK(urls.parse("http://a.test/x")->get() == urls.parse("http://a.test/x")->get());
}

TEST_CASE("url: what cannot be requested is an error") {
  for (const char* bad : {"", "/masuk", "ftp://a.test/", "http://", "javascript:alert(1)", "http://u:p@a.test/",
                          "http://a.test:99999/", "http://a b.test/"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_http_url(bad).has_value());
  }
  // If such a URL were parsed twice, the second parse would give another host.
  for (const char* text : {"https://%334/", "https:///%334/x", "http://%30x7f000001/"}) {
    INFO(text);
    const auto url = parse_http_url(text);
    CHECK((url.has_error() || parse_http_url(url->full)->same_origin(*url)));
  }
  CHECK(parse_http_url("https://%334/").has_error());
  CHECK(parse_http_url("http://%61.test/%7e?q=%31")->full == "http://a.test/%7e?q=%31");
  CHECK(parse_http_url("http://u:rahasia@a.test/").error().message.find("rahasia") == std::string::npos);
  CHECK(parse_http_url("http://u:p@a.test/x", Userinfo::strip)->full == "http://a.test/x");
}

TEST_CASE("body: a form's parts are framed, escaped and not copied") {
  HttpRequest request;
  const auto photo = std::make_shared<const std::string>("\xff\xd8 jpeg");
  request.parts.push_back({"nama", "", "", std::make_shared<const std::string>("Uji")});
  request.parts.push_back({"foto", "k\"t\np.jpg", "image/jpeg", photo});
  HttpBody body(request, "BOUNDARY");
  const std::string wanted =
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"nama\"\r\n\r\nUji\r\n"
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"foto\"; filename=\"k%22t%0Ap.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\n\xff\xd8 jpeg\r\n--BOUNDARY--\r\n";
  CHECK(body.size() == wanted.size());
  CHECK(body.content_type() == "multipart/form-data; boundary=BOUNDARY");
  const auto step = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{10'000});
  CHECK_FALSE(body.exhausted());
  CHECK(read_all(body, step) == wanted);
  CHECK(body.exhausted());
  CHECK(photo.use_count() == 2);
}

TEST_CASE("redirect: where an answer leads") {
  const HttpUrl from = url_of("https://a.test/x/y?z=1");
  const auto to = [&](int status, const char* location) {
    return redirect_target(from, status, {{"location", location}});
  };
  CHECK((**to(302, "/masuk")).full == "https://a.test/masuk");
  CHECK((**to(303, "next?a=b c")).full == "https://a.test/x/next?a=b+c");
  CHECK((**to(307, "//b.test/")).full == "https://b.test/");
  CHECK((**to(308, "http://u:p@b.test/#f")).full == "http://b.test/");
  CHECK_FALSE(to(302, "ftp://b.test/")->has_value());
  CHECK_FALSE(to(302, "javascript:alert(1)")->has_value());
  CHECK_FALSE(to(304, "/masuk").has_value());
  CHECK_FALSE(to(200, "/masuk").has_value());
  CHECK_FALSE(redirect_target(from, 302, {}).has_value());
}

TEST_CASE("redirect: methods, bodies and credentials follow the rules of browsers") {
  struct Row {
    HttpMethod method;
    int status;
    HttpMethod next;
    bool keeps_body;
  };
  const std::vector<Row> rows{
      {HttpMethod::post, 301, HttpMethod::get, false}, {HttpMethod::post, 302, HttpMethod::get, false},
      {HttpMethod::post, 303, HttpMethod::get, false}, {HttpMethod::post, 307, HttpMethod::post, true},
      {HttpMethod::put, 302, HttpMethod::put, true},   {HttpMethod::put, 303, HttpMethod::get, false},
      {HttpMethod::head, 303, HttpMethod::head, true}, {HttpMethod::get, 308, HttpMethod::get, true}};
  for (const Row& row : rows) {
    const RedirectedMethod next = redirected_method(row.method, row.status);
    CHECK(next.method == row.next);
    CHECK(next.keeps_body == row.keeps_body);
  }
  const std::vector<HttpHeader> all{
      {"authorization", "Bearer x"}, {"Cookie", "a=b"}, {"Content-Type", "text/plain"}, {"X-Own", "1"}};
  std::vector<HttpHeader> headers = all;
  strip_headers(headers, true, true);
  CHECK(headers.size() == 4);
  strip_headers(headers, true, false);
  CHECK(headers.size() == 3);
  headers = all;
  strip_headers(headers, false, true);
  REQUIRE(headers.size() == 2);
  CHECK(headers[0].name == "Content-Type");
  CHECK(headers[1].name == "X-Own");
}

TEST_CASE("cookies: the one that would be sent is found") {
  curl_slist* list = nullptr;
  for (const char* line : {"a.test\tFALSE\t/\tFALSE\t0\tsesi\tatas", "a.test\tFALSE\t/dashboard\tFALSE\t0\tsesi\tdalam",
                           "#HttpOnly_.b.test\tTRUE\t/\tTRUE\t0\tsesi\taman", "a.test\tFALSE\t/\tFALSE\t0\tkosong\t"}) {
    list = curl_slist_append(list, line);
  }
  const CurlList owned(list);
  CHECK(cookie_for(list, "http://a.test/", "sesi") == "atas");
  CHECK(cookie_for(list, "http://a.test/dashboard/x", "sesi") == "dalam");
  CHECK(cookie_for(list, "http://a.test/dashboards", "sesi") == "atas");
  CHECK(cookie_for(list, "http://www.a.test/", "sesi").empty());
  CHECK(cookie_for(list, "https://www.b.test/", "sesi") == "aman");
  CHECK(cookie_for(list, "http://www.b.test/", "sesi").empty());
  CHECK(cookie_for(list, "https://notb.test/", "sesi").empty());
  CHECK(cookie_for(list, "http://a.test/", "kosong").empty());
  CHECK(cookie_line("https://a.test/x", "n", "v") == "a.test\tFALSE\t/\tFALSE\t0\tn\tv");
  CHECK(cookie_line("https://a.test/", "n", "v;x").empty());
  CHECK(cookie_line("https://a.test/", "n\tm", "v").empty());
}

TEST_CASE("block page: a firewall's answer is told from the portal's own refusal") {
  const auto response = [](int status, std::string body, ResponseHeaders headers = {}) {
    HttpResponse result;
    result.status = status;
    result.body = std::move(body);
    result.headers = std::move(headers);
    if (result.headers.empty()) result.headers.add("Content-Type", "text/html; charset=utf-8");
    return result;
  };
  CHECK(looks_blocked(response(403, "<html><title>Attention Required! | Cloudflare</title>")));
  CHECK(looks_blocked(response(405, "<html>... src=\"https://errors.aliyun.com/images/x.png\"")));
  CHECK(
      looks_blocked(response(403, "<HTML>You don't have permission to access \"x\" on this server. Reference #18.2")));
  CHECK(looks_blocked(response(200 + 203, "The requested URL was rejected. Please consult with your administrator.")));
  CHECK(looks_blocked(response(403, "", {{"cf-mitigated", "challenge"}})));
  CHECK_FALSE(looks_blocked(response(403, "<html>Forbidden. You don't have permission to access this resource.")));
  CHECK_FALSE(looks_blocked(response(403, "<html>Sesi Anda telah berakhir")));
  CHECK_FALSE(looks_blocked(response(405, "{\"error\":\"request blocked\"}", {{"Content-Type", "application/json"}})));
  CHECK_FALSE(looks_blocked(response(200, "<html>sorry, you have been blocked")));
  CHECK_FALSE(looks_blocked(response(404, "<html>web application firewall")));
}

TEST_CASE("remote address: text of both families") {
  const auto v4 = remote_address("192.0.2.7", 443);
  REQUIRE(v4);
  CHECK(v4->bytes[10] == 0xff);
  CHECK(v4->bytes[15] == 7);
  CHECK(v4->port == 443);
  CHECK(remote_address("2001:db8::1", 80)->bytes[15] == 1);
  CHECK(remote_address("fe80::1%eth0", 80)->bytes[0] == 0xfe);
  CHECK_FALSE(remote_address("", 80));
  CHECK_FALSE(remote_address("portal.test", 80));
}

TEST_CASE("response headers: lines in their order, found by name without case, and as one text") {
  ResponseHeaders headers = {{"Server", "nginx"}, {"X-Empty", ""}, {"Set-Cookie", "a=b: c"}, {"set-cookie", "d=e"}};
  CHECK(headers.size() == 4);
  CHECK(headers.text() == "Server: nginx\nX-Empty: \nSet-Cookie: a=b: c\nset-cookie: d=e\n");
  std::vector<std::string> seen;
  for (const auto& [name, value] : headers) seen.push_back(std::string(name) + '|' + std::string(value));
  CHECK(seen == std::vector<std::string>{"Server|nginx", "X-Empty|", "Set-Cookie|a=b: c", "set-cookie|d=e"});
  CHECK(headers.find("SET-COOKIE") == "a=b: c");
  CHECK(headers.find("x-empty") == "");
  CHECK_FALSE(headers.find("server:").has_value());
  headers.clear();
  CHECK(headers.empty());
  CHECK(headers.begin() == headers.end());
  CHECK_FALSE(headers.find("Server").has_value());
  CHECK_FALSE(headers.may_have("server"));
}

TEST_CASE("headers: what an answer has is found in any case of its letters, and what it lacks is known to be missing") {
  const ResponseHeaders headers{{"SET-Cookie", "a=1"}, {"x-Trace", "1"}, {"Content-Encoding", "gzip"}};
  for (const std::string_view name : {"set-cookie", "X-Trace", "content-encoding"}) CHECK(headers.may_have(name));
  for (const std::string_view name : {"connection", "Transfer-Encoding", ""}) CHECK_FALSE(headers.may_have(name));
}

TEST_CASE("spare results: an answer's memory serves the next one, unless it is large") {
  SpareResults spare;
  HttpResult result;
  spare.lend(result);  // nothing to lend yet
  result.hops.emplace_back();
  result.response.body.assign(10'000, 'x');
  result.response.headers.add("Server", "nginx");
  result.response.status = 200;
  result.error_detail = "of the one before";
  result.passed_cookies.emplace_back("session=of-the-one-before");
  const char* const memory = result.response.body.data();
  spare.give_back(std::move(result));
  HttpResult next;
  spare.lend(next);
  CHECK(next.response.status == 0);
  CHECK(next.response.headers.empty());
  CHECK(next.response.body.empty());
  CHECK(next.error_detail.empty());
  CHECK(next.passed_cookies.empty());
  CHECK(next.response.body.data() == memory);

  const HttpResult moved_elsewhere = std::move(next);
  spare.give_back(std::move(next));  // NOLINT(bugprone-use-after-move): what a caller of its own leaves
  HttpResult large;
  large.hops.emplace_back();
  large.response.body.assign(1'000'000, 'x');
  spare.give_back(std::move(large));
  HttpResult wordy;
  wordy.hops.emplace_back();
  wordy.response.headers.add("X-Words", std::string(100'000, 'x'));
  spare.give_back(std::move(wordy));
  HttpResult last;
  spare.lend(last);
  CHECK(last.hops.capacity() == 0);
  CHECK(last.response.body.capacity() < 1'000);
}

TEST_CASE("headers: the last line is extended where it stands") {
  ResponseHeaders headers = {{"Earlier", "answer"}};
  headers.clear();
  headers.add("X-Folded", "a: b");
  CHECK(headers.extend_last("c: d") == "X-Folded");
  CHECK(headers.text() == "X-Folded: a: b c: d\n");
  headers.add("Empty", "");
  CHECK(headers.extend_last("e") == "Empty");
  CHECK(headers.extend_last("f") == "Empty");
  CHECK(headers.text() == "X-Folded: a: b c: d\nEmpty:  e f\n");
  CHECK(headers.size() == 2);
}

TEST_CASE("transfer table: a place serves one transfer after the other, and an old id finds nobody") {
  const SystemClock clock;
  test::ScriptedGuard guard;
  TransferContext context{.clock = clock, .guard = guard};
  TransferTable table;
  CHECK(table.find(0) == nullptr);
  Transfer& first = table.add(context);
  Transfer& second = table.add(context);
  const TransferId old = first.id;
  const TransferId other = second.id;
  CHECK(old != 0);
  CHECK(table.find(old) == &first);
  first.hop.response.body = "of the one before";
  table.remove(old);
  table.remove(old);
  CHECK(table.size() == 1);
  CHECK(table.find(old) == nullptr);
  Transfer& next = table.add(context);
  CHECK(&next == &first);
  CHECK(next.id != old);
  CHECK(next.hop.response.body.empty());
  CHECK(table.find(other) == &second);
  std::size_t seen = 0;
  table.for_each([&](const Transfer&) { ++seen; });
  CHECK(seen == 2);
  table.clear();
  CHECK(table.size() == 0);
  CHECK(table.find(other) == nullptr);
}
