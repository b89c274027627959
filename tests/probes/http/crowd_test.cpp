// Many users at once in one worker.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <latch>
#include <set>
#include <thread>
#include <utility>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

TEST_CASE("http crowd: a thousand users, each with its connection, lose no request") {
  Nginx nginx("location / { return 200 \"ok\"; }");
  HttpHarness http;
  constexpr std::size_t kUsers = 1000;
  constexpr std::size_t kEach = 5;
  std::size_t ended = 0;
  std::size_t good = 0;
  std::size_t opened = 0;
  std::function<void(std::size_t, std::size_t)> go = [&](std::size_t user, std::size_t left) {
    http.client().start(http.user(user), get_request(nginx.plain_url("/")), [&, user, left](HttpResult result) {
      ++ended;
      good += result.response.status == 200 ? 1U : 0U;
      opened += result.hops.at(0).new_connection ? 1U : 0U;
      if (left > 1) go(user, left - 1);
    });
  };
  for (std::size_t user = 0; user < kUsers; ++user) go(user, kEach);
  CHECK(http.client().active() == kUsers);
  REQUIRE(http.run_until([&] { return ended == kUsers * kEach; }));
  CHECK(good == ended);
  CHECK(opened == kUsers);
  CHECK(http.client().active() == 0);
  std::set<std::string> connections;
  for (const Nginx::Request& request : nginx.requests(kUsers * kEach)) connections.insert(request.connection);
  CHECK(connections.size() == kUsers);
}

TEST_CASE("http crowd: a client may be destroyed with transfers under way") {
  Nginx nginx("location / { return 200 \"ok\"; }");
  std::size_t ended = 0;
  {
    boost::asio::io_context context;
    const SystemClock clock;
    ScriptedGuard guard;
    HttpClient client(context, clock, guard, {});
    std::vector<std::unique_ptr<HttpUser>> users;
    std::vector<TransferId> uploads;
    for (std::size_t i = 0; i < 50; ++i) {
      users.push_back(std::make_unique<HttpUser>(client));
      uploads.push_back(client.start(*users.back(), upload_request(nginx.plain_url("/"), shared_bytes(300'000)),
                                     [&ended](HttpResult) { ++ended; }));
    }
    for (std::size_t i = 0; i < 10; ++i) context.run_one_for(10ms);
    context.restart();
    for (const TransferId id : uploads) client.cancel(id, Outcome::interrupted);
    CHECK(client.active() == 0);
    for (const auto& user : users)
      client.start(*user, get_request(nginx.plain_url("/")), [&ended](HttpResult) { ++ended; });
    context.poll();
    while (client.active() > 0) context.run_one_for(10ms);
  }
  CHECK(ended == 100);
}

TEST_CASE("http crowd: answers that come together are read in groups, and what else is due has its turn in between") {
  constexpr std::size_t kUsers = 20;
  constexpr std::ptrdiff_t kGroup = 16;
  std::atomic<std::size_t> asked{0};
  std::latch go(1);
  RawServer server(keep_alive([&](const std::string& request) {
    if (request.find("GET /wait") == std::string::npos) return http_answer("ok");
    ++asked;
    go.wait();
    return http_answer("ok");
  }));
  std::string order;  // a: a response is delivered; t: a turn; s: another transfer is started
  std::size_t answers = 0;
  bool due = false;
  HttpHarness* harness = nullptr;
  const auto answered = [&](HttpResult&& result) {
    CHECK(result.response.status == 200);
    ++answers;
    order += 'a';
  };
  HttpClient::Options options;
  options.after_turn = [&] {
    order += 't';
    if (!std::exchange(due, false)) return;
    order += 's';
    harness->client().start(harness->user(kUsers), get_request(server.url("/now")), answered);
  };
  HttpHarness http(options);
  harness = &http;
  // Uses open connections: a new connection has timers of libcurl, and in their turn libcurl checks all connections.
  for (std::size_t i = 0; i < kUsers; ++i) http.get(server.url("/now"), i);
  for (std::size_t i = 0; i < kUsers; ++i)
    http.client().start(http.user(i), get_request(server.url("/wait")), answered);
  const bool all_asked = http.run_until([&] { return asked == kUsers; });
  go.count_down();
  REQUIRE(all_asked);
  std::this_thread::sleep_for(200ms);  // all responses arrive meanwhile
  order.clear();
  due = true;
  REQUIRE(http.run_until([&] { return answers == kUsers + 1; }));
  INFO(order);
  const std::string before = order.substr(0, order.find('a'));
  CHECK(std::count(before.begin(), before.end(), 't') >= kGroup);
  CHECK(before.find('s') != std::string::npos);
  CHECK(order.find("aa") == std::string::npos);
}
