#include "engine/load/prometheus_range.hpp"

#include "probes/consent/address_class.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/raw_server.hpp"

#include <filesystem>
#include <mutex>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::string answer_with(const std::string& values) {
  return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[)" + values + "]}]}}";
}

std::string problem_of(const std::string& body) {
  const auto points = parse_range_answer(body);
  REQUIRE(points.has_error());
  return points.error().message;
}

// Allows everything or nothing, and records the addresses that it was asked about.
class OneAnswer final : public SocketGuard {
 public:
  explicit OneAnswer(bool allowed) : allowed_(allowed) {}
  GuardVerdict may_connect(std::string_view host, const RemoteAddress& address) override {
    asked.push_back(std::string(host) + " " + format_address(address));
    return {allowed_, "no consent"};
  }
  GuardVerdict may_request(std::string_view, std::string_view) override { return {allowed_, "no consent"}; }
  bool needs_preparation(std::string_view, std::string_view, std::uint16_t) override { return false; }
  void prepare(std::string, std::string, std::uint16_t, std::function<void()> ready) override { ready(); }
  std::vector<std::string> asked;

 private:
  bool allowed_;
};

PrometheusQuery some_query(const std::string& url) { return {url, "sum(rate(x[1m]))", 1614834000s, 1614834120s, 60s}; }

}  // namespace

TEST_CASE("prometheus range: the points of one series") {
  const auto points = parse_range_answer(answer_with(R"([1614834000,"0"],[1614834060.5,"2.5e1"])"));
  REQUIRE(points.has_value());
  REQUIRE(points.value().size() == 2);
  CHECK(points.value()[0].time == 1614834000s);
  CHECK(points.value()[1].time == 1614834060s + 500ms);
  CHECK(points.value()[1].per_second == 25);
}

TEST_CASE("prometheus range: what is no rate is refused with one line") {
  CHECK(problem_of(answer_with(R"([1614834000,"1"],[1614834060,"NaN"])")) ==
        "NaN at 2021-03-04T05:01:00Z: expected a rate of 0 or more at every point");
  CHECK(problem_of(answer_with(R"([1614834000,"+Inf"],[1614834060,"1"])")).starts_with("+Inf at "));
  CHECK(problem_of(answer_with(R"([1614834000,"-1"],[1614834060,"1"])")).starts_with("-1 at "));
  CHECK(problem_of(answer_with(R"([1614834000,"1"])")) == "one point: expected at least two");
  CHECK(problem_of(answer_with(R"([1614834060,"1"],[1614834000,"1"])")) == "its points are out of order");
  CHECK(problem_of(answer_with(R"(["x","1"],[1614834000,"1"])")) == "a point without a time");
  CHECK(problem_of(answer_with(R"([-8999999999,"1"],[8999999999,"1"])")) == "a point without a time");
  CHECK(problem_of(R"({"status":"success","data":{"resultType":"matrix","result":[]}})") ==
        "no data in that time: expected one series");
  CHECK(problem_of(R"({"status":"success","data":{"resultType":"matrix","result":[{},{}]}})") ==
        "2 series: expected one, such as sum(rate(...))");
  CHECK(problem_of(R"({"status":"success","data":{"resultType":"vector","result":[]}})") ==
        "the answer is not that of a range query");
  CHECK(problem_of("{\"status\":\"error\",\"error\":\"parse error\\nat char 3\"}") ==
        "the server says: parse error at char 3");
  CHECK(problem_of("<html>") == "the response is not JSON: expected a Prometheus response");
  CHECK(problem_of("[]") == "the answer is not that of a range query");
  CHECK(problem_of("") == "the response is not JSON: expected a Prometheus response");
}

TEST_CASE("prometheus range: the question is checked before it is asked") {
  std::vector<std::string> notes;
  const auto refused = [&](const PrometheusQuery& query) {
    const auto points = query_prometheus(query, {}, notes);
    REQUIRE(points.has_error());
    return points.error().message;
  };
  PrometheusQuery query = some_query("http://127.0.0.1:1");
  query.step = 1ms;
  CHECK(refused(query).find("expected 2 to 11000") != std::string::npos);
  CHECK(refused(some_query("http://me:hunter2@127.0.0.1:1")).find("hunter2") == std::string::npos);
  CHECK(refused(some_query("http://127.0.0.1:1/?token=hunter2")) ==
        "http://127.0.0.1:1/: expected the server's URL, without a query");
  CHECK(refused(some_query("ftp://127.0.0.1")).find("http") != std::string::npos);
  CHECK(refused(some_query("http://127.0.0.1:1")).find("no answer: ") != std::string::npos);
}

TEST_CASE("prometheus range: a host of the target is not asked, and on loopback a host is a port") {
  const std::string refusal = "is a host of the target, and the target may receive only load: expected another server";
  std::vector<std::string> notes;
  ControlTraffic traffic;
  traffic.timeout = 50ms;
  const auto problem = [&](const std::string& url, const std::string& target, std::uint16_t port) {
    traffic.target_host = target;
    traffic.target_port = port;
    const auto points = query_prometheus(some_query(url), traffic, notes);
    REQUIRE(points.has_error());
    return points.error().message;
  };
  OneAnswer everything(true);
  traffic.guard = &everything;
  CHECK(problem("http://192.0.2.7:9090", "192.0.2.7", 80) == "http://192.0.2.7:9090/: " + refusal);
  CHECK(problem("http://127.0.0.1:1", "127.0.0.1", 2).find("no answer") != std::string::npos);
  CHECK(problem("http://127.0.0.1:1", "127.0.0.1", 1) == "http://127.0.0.1:1/: " + refusal);
  CHECK(problem("http://127.0.0.1:1", "::1", 1) == "http://127.0.0.1:1/: " + refusal);  // it may listen on both
}

TEST_CASE("prometheus range: only what the guard allows is asked, without one loopback alone") {
  std::vector<std::string> notes;
  ControlTraffic traffic;
  CHECK(query_prometheus(some_query("http://192.0.2.7:9090"), traffic, notes).error().message ==
        "http://192.0.2.7:9090/: may not be asked: it is not loopback");
  OneAnswer guard(false);
  traffic.guard = &guard;
  CHECK(query_prometheus(some_query("http://127.0.0.1:1"), traffic, notes).error().message ==
        "http://127.0.0.1:1/: may not be asked: no consent");
  CHECK(guard.asked == std::vector<std::string>{"127.0.0.1 127.0.0.1"});
}

TEST_CASE("prometheus range: what cannot be looked up is refused, not asked") {
  std::vector<std::string> notes;
  std::string known;
  ControlTraffic traffic;
  traffic.target_host = "portal.test";
  traffic.target_port = 80;
  traffic.resolve = [&known](const std::string& host, std::uint16_t port) -> Result<std::vector<RemoteAddress>> {
    if (host != known) return Error{"'" + host + "' does not resolve"};
    return std::vector<RemoteAddress>{*parse_address("127.0.0.1", port)};
  };
  const auto problem = [&] {
    const auto points = query_prometheus(some_query("http://prometheus.test:1"), traffic, notes);
    REQUIRE(points.has_error());
    return points.error().message;
  };
  known = "portal.test";
  CHECK(problem() == "http://prometheus.test:1/: 'prometheus.test' does not resolve");
  known = "prometheus.test";
  CHECK(problem() ==
        "http://prometheus.test:1/: cannot check whether this server is a host of the target: 'portal.test' does not "
        "resolve");
}

TEST_CASE("prometheus range: the addresses that were looked at are those that are asked", "[integration]") {
  test::RawServer server([](test::RawConnection& connection) {
    connection.read_head();
    connection.send(test::http_answer(answer_with(R"([1614834000,"3"],[1614834120,"5"])")));
  });
  std::vector<std::string> notes;
  std::vector<std::string> looked_up;
  ControlTraffic traffic;
  traffic.target_host = "192.0.2.7";
  traffic.resolve = [&looked_up](const std::string& host, std::uint16_t port) -> Result<std::vector<RemoteAddress>> {
    looked_up.push_back(host);
    return std::vector<RemoteAddress>{*parse_address(host == "192.0.2.7" ? host : "127.0.0.1", port)};
  };
  // No other resolver knows this name.
  const auto points =
      query_prometheus(some_query("http://rebound.invalid:" + std::to_string(server.port())), traffic, notes);
  REQUIRE(points.has_value());
  CHECK(looked_up == std::vector<std::string>{"rebound.invalid", "192.0.2.7"});
}

TEST_CASE("prometheus range: one request carries the question, and answers of every kind are told apart",
          "[integration]") {
  std::mutex mutex;
  std::string asked;
  std::string reply = test::http_answer(answer_with(R"([1614834000,"3"],[1614834120,"5"])"));
  test::RawServer server([&](test::RawConnection& connection) {
    const std::string head = connection.read_head();
    const std::lock_guard lock(mutex);
    asked = head;
    connection.send(reply);
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/prom/";
  ControlTraffic traffic;
  traffic.user_agent = "gelombang/test (+me)";
  std::vector<std::string> notes;
  const auto points = query_prometheus(some_query(url), traffic, notes);
  REQUIRE(points.has_value());
  CHECK(points.value().size() == 2);
  CHECK(server.accepted() == 1);
  std::unique_lock lock(mutex);
  CHECK(
      asked.starts_with("GET /prom/api/v1/query_range?query=sum%28rate%28x%5B1m%5D%29%29&start=1614834000.000&"
                        "end=1614834120.000&step=60.000 HTTP/1.1\r\n"));
  CHECK(asked.find("User-Agent: gelombang/test (+me)\r\n") != std::string::npos);
  lock.unlock();
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == url + ": 1 of 3 points are missing: the rate is a straight line across");

  const auto problem = [&](const std::string& answer) {
    {
      const std::lock_guard changing(mutex);
      reply = answer;
    }
    const auto refused = query_prometheus(some_query(url), traffic, notes);
    REQUIRE(refused.has_error());
    REQUIRE(refused.error().message.starts_with(url + ": "));
    return refused.error().message.substr(url.size() + 2);
  };
  CHECK(problem(test::http_answer(R"({"status":"error","error":"bad query"})", "400 Bad Request")) ==
        "the server says: bad query");
  CHECK(problem(test::http_answer("no", "404 Not Found")) == "status 404: expected 200 and the JSON of a Prometheus");
  CHECK(problem(test::http_answer("", "302 Found", "Location: http://127.0.0.1:1/\r\n")) ==
        "status 302: expected 200 and the JSON of a Prometheus");
  CHECK(problem(test::http_answer(std::string(9 << 20, ' '))) ==
        "the answer is larger than 8 MiB: expected one series");
  CHECK(problem("").starts_with("no answer: "));
  CHECK(server.accepted() == 6);
}

TEST_CASE("prometheus range: a server that does not answer is waited for so long and no longer", "[integration]") {
  test::RawServer server([](test::RawConnection& connection) { connection.wait_for_close(); });
  ControlTraffic traffic;
  traffic.timeout = 200ms;
  std::vector<std::string> notes;
  const auto points = query_prometheus(some_query("http://127.0.0.1:" + std::to_string(server.port())), traffic, notes);
  REQUIRE(points.has_error());
  CHECK(points.error().message.find("no answer: Operation timed out") != std::string::npos);
}

TEST_CASE("prometheus range: the seeds of its fuzz target are points in order or one line") {
  for (const auto& file :
       std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/prometheus_range")) {
    INFO(file.path());
    const auto points = parse_range_answer(test::read_file(file.path().string()));
    if (points.has_error()) {
      CHECK(points.error().message.find('\n') == std::string::npos);
    } else {
      CHECK(points->front().time < points->back().time);
    }
  }
}
