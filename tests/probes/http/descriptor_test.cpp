// However a connection ends, before it is made or after, nothing is left of it: the loop and the kernel agree on which
// connections are open, and the next connection with the same descriptor number is watched.
#include "tests/probes/http/loop_books.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/silent_port.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kEnds = 1000;  // connections for each way to end

// Answers on its own thread. The path chooses what it does: "/ok", "/close" (announced), "/leave" (not announced),
// "/cut" (without a response), "/reset", "/half". It answers nothing to any other path.
class Peer {
 public:
  explicit Peer(const char* address = "127.0.0.1", std::uint16_t port = 0)
      : acceptor_(context_, {asio::ip::make_address_v4(address), port}) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Peer() {
    context_.stop();
    thread_.join();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Connection {
    explicit Connection(tcp::socket from) : socket(std::move(from)) {}
    tcp::socket socket;
    asio::streambuf input;
    std::string output;
  };

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (!error) serve(std::make_shared<Connection>(std::move(socket)));
      accept();
    });
  }

  void serve(const std::shared_ptr<Connection>& one) {
    asio::async_read_until(one->socket, one->input, "\r\n\r\n",
                           [this, one](const boost::system::error_code& error, std::size_t length) {
                             if (error) return;
                             const std::string head(static_cast<const char*>(one->input.data().data()), length);
                             one->input.consume(length);
                             answer(one, head.substr(4, head.find(' ', 4) - 4));
                           });
  }

  void answer(const std::shared_ptr<Connection>& one, const std::string& path) {
    if (path == "/cut") return;
    if (path == "/reset") return one->socket.set_option(asio::socket_base::linger(true, 0));
    if (path == "/ok" || path == "/leave") one->output = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (path == "/close") one->output = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    if (path == "/half") one->output = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    if (one->output.empty()) return serve(one);
    const bool leaves = path == "/leave" || path == "/close";
    asio::async_write(one->socket, asio::buffer(one->output),
                      [this, one, leaves](const boost::system::error_code& error, std::size_t) {
                        one->output.clear();
                        if (!error && !leaves) serve(one);
                      });
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

// Retries `make`, which needs the same port on two addresses: the port may be in use on one of them.
template <class Make>
void try_ports(const Make& make) {
  for (int left = 20;; --left) {
    try {
      return make();
    } catch (const std::exception&) {
      if (left == 0) throw;
    }
  }
}

// The hosts to connect to. A host's name says what happens to the connection.
struct Hosts {
  Hosts() {
    try_ports([this] {
      good.emplace();
      silent_six.emplace(AF_INET6, good->port());
    });
    try_ports([this] {
      silent.emplace(AF_INET);
      second.emplace("127.0.0.2", silent->port());
    });
    try_ports([this] {
      refusing.emplace(context, tcp::v4());
      refusing->bind({asio::ip::address_v4::loopback(), 0});
      silent_beside.emplace(AF_INET6, refusing->local_endpoint().port());
      next.emplace("127.0.0.2", refusing->local_endpoint().port());
    });
  }

  [[nodiscard]] std::uint16_t port_of(const std::string& host) const {
    if (host == "silent" || host == "second") return silent->port();
    if (host == "refusing" || host == "neither" || host == "next") return refusing->local_endpoint().port();
    return host == "other" ? alone.port() : good->port();
  }

  [[nodiscard]] std::vector<std::string> resolve() const {
    const auto entry = [this](const std::string& host, const std::string& addresses) {
      return host + ":" + std::to_string(port_of(host)) + ":" + addresses;
    };
    return {entry("good", "127.0.0.1"),          entry("silent", "127.0.0.1"),
            entry("refusing", "127.0.0.1"),      entry("late", "[::1],127.0.0.1"),  // ::1 is silent
            entry("other", "[::1],127.0.0.1"),                                      // ::1 refuses
            entry("neither", "[::1],127.0.0.1"), entry("second", "127.0.0.1,127.0.0.2"),
            entry("next", "127.0.0.1,127.0.0.2")};
  }

  asio::io_context context;
  std::optional<Peer> good;
  Peer alone;
  std::optional<SilentPort> silent;
  std::optional<Peer> second;
  std::optional<SilentPort> silent_six;
  std::optional<tcp::socket> refusing;  // bound, and does not listen
  std::optional<SilentPort> silent_beside;
  std::optional<Peer> next;
};

struct Way {
  const char* name;
  std::string url;  // without its port
  std::vector<std::string> classes;
  std::chrono::milliseconds timeout = 60s;
  std::chrono::milliseconds connect_timeout = 60s;
  std::optional<Outcome> cancelled{};
};

const std::vector<Way> kWays{
    {"connect timeout", "http://silent/", {"tcp_timeout"}, 1s, 2ms},
    {"timeout while it is being made", "http://silent/", {"tcp_timeout"}, 2ms, 1s},
    {"patience while it is being made", "http://silent/", {"abandoned"}, 60s, 60s, Outcome::abandoned},
    {"cancel while it is being made", "http://silent/", {"none"}, 60s, 60s, Outcome::interrupted},
    {"refused", "http://refusing/", {"tcp_refused"}},
    {"refused by the first address", "http://other/ok", {"none"}},
    {"slower of two families", "http://late/ok", {"none"}},
    {"one silent, one refusing", "http://neither/", {"tcp_timeout", "tcp_refused"}, 60s, 250ms},
    {"timeout in the handshake", "https://good/", {"tls_timeout", "tcp_timeout"}, 1s, 5ms},
    {"cancel in the handshake", "https://good/", {"none"}, 60s, 60s, Outcome::interrupted},
    {"user leaves", "http://good/ok", {"none"}},
    {"closed as announced", "http://good/close", {"none"}},
    {"closed when idle", "http://good/leave", {"none"}},
    {"closed without an answer", "http://good/cut", {"empty_reply"}},
    {"reset", "http://good/reset", {"reset", "empty_reply"}},
    {"timeout while waiting", "http://good/silent", {"wait_timeout", "send_timeout", "tcp_timeout"}, 5ms, 1s},
    {"timeout within the answer",
     "http://good/half",
     {"stall", "too_slow", "wait_timeout", "send_timeout", "tcp_timeout"},
     5ms,
     1s},
    {"patience while waiting", "http://good/silent", {"abandoned"}, 60s, 60s, Outcome::abandoned},
    {"cancel within the answer", "http://good/half", {"none"}, 60s, 60s, Outcome::interrupted},
};

const NetworkProfile kNetwork{"own", 1e9, 1e9, 1ms};

class Stage {
 public:
  // At most `most` connections at a time: a closed connection that still counts as open would be noticed.
  explicit Stage(bool paced, std::size_t most = 400) : paced_(paced), most_(most) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    others_ = sockets();
    HttpClient::Options options;
    options.max_connections = most_;
    options.resolve = hosts_.resolve();
    http_.emplace(std::move(options));
  }

  // Plays `count` connections that end this way, many of them at a time.
  void play(const Way& way, std::size_t count) {
    while (count > 0) {
      const std::size_t wave = std::min(count, std::max<std::size_t>(1, most_ / 2));  // some hosts have two addresses
      for (std::size_t i = 0; i < wave; ++i) start(way, i);
      if (way.cancelled) cancel_all(*way.cancelled);
      wait();
      count -= wave;
      drop_users();
    }
  }

  void start(const Way& way, std::size_t number) {
    HttpRequest request = get_request(url_of(way));
    request.timeout = way.timeout;
    request.connect_timeout = way.connect_timeout;
    HttpUser& user = http_->user(number);
    if (users_.insert(number).second && paced_) user.set_network(&kNetwork);
    ++under_way_;
    under_way_ids_.push_back(http_->client().start(user, std::move(request), [this, &way](const HttpResult& result) {
      --under_way_;
      last_ = result.hops.back();
      const std::string error(name(last_.error));
      if (std::count(way.classes.begin(), way.classes.end(), error) == 0) {
        unexpected_.insert(std::string(way.name) + ": " + error + ", " + result.error_detail);
      }
    }));
  }

  // Cancels all transfers, each at a random moment.
  void cancel_all(Outcome outcome) {
    for (const TransferId id : under_way_ids_) {
      if (random_() % 4 == 0) http_->context().poll_one();
      http_->client().cancel(id, outcome);
    }
    under_way_ids_.clear();
  }

  // Waits until all transfers have ended.
  void wait() {
    CHECK(http_->run_until([this] { return under_way_ == 0; }));
    under_way_ids_.clear();
    CHECK(open().size() == http_->client().open_connections());
    CHECK(unexpected_ == std::set<std::string>());
  }

  void drop_users() {
    for (const std::size_t number : users_) http_->drop_user(number);
    users_.clear();
    CHECK(open().empty());
    CHECK(http_->client().open_connections() == 0);
  }

  [[nodiscard]] std::set<int> open() const {
    return client_sockets({hosts_.good->port(), hosts_.alone.port(), hosts_.silent->port(), hosts_.port_of("refusing")},
                          others_);
  }

  // The kernel gives the descriptor numbers out again: each new connection is watched from the start and gets its
  // response. There is room for all connections.
  void play_good() {
    static const Way kGood{"good", "http://good/silent", {"none"}, 60s, 60s, Outcome::interrupted};
    const std::size_t count = most_;
    for (std::size_t i = 0; i < count; ++i) start(kGood, i);
    CHECK(http_->run_until([this, count] { return open().size() == count; }));
    CHECK(watched(open()).size() == count);
    cancel_all(Outcome::interrupted);
    wait();
    drop_users();
    static const Way kAnswered{"answered", "http://good/ok", {"none"}};
    play(kAnswered, count);
  }

  [[nodiscard]] const RequestSample& last() const { return last_; }
  [[nodiscard]] HttpHarness& http() { return *http_; }

 private:
  [[nodiscard]] std::string url_of(const Way& way) const {
    const std::size_t host = way.url.find("://") + 3;
    const std::size_t path = way.url.find('/', host);
    const std::uint16_t port = hosts_.port_of(way.url.substr(host, path - host));
    return way.url.substr(0, path) + ":" + std::to_string(port) + way.url.substr(path);
  }

  bool paced_;
  std::size_t most_;
  Hosts hosts_;
  std::set<std::string> others_;
  std::mt19937 random_{11};
  std::set<std::size_t> users_;
  std::size_t under_way_ = 0;
  std::vector<TransferId> under_way_ids_;
  std::set<std::string> unexpected_;
  RequestSample last_{};
  std::optional<HttpHarness> http_;
};

}  // namespace

TEST_CASE("http descriptors: a socket that was never connected is seen, also where its number was another's") {
  const auto open_one = [] { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); };
  const int before = open_one();
  const std::set<std::string> others = sockets();
  CHECK(client_sockets({}, others).empty());
  close(before);
  const int left = open_one();
  CHECK(left == before);
  CHECK(client_sockets({}, others) == std::set<int>{left});
  close(left);
}

TEST_CASE("http descriptors: a connection takes any port, not every second one first") {
  constexpr int kLocalPortRange = 51;  // IP_LOCAL_PORT_RANGE
  const auto range_of = [](int fd) {
    std::uint32_t range = 0;
    socklen_t length = sizeof range;
    return getsockopt(fd, IPPROTO_IP, kLocalPortRange, &range, &length) == 0 ? std::optional(range) : std::nullopt;
  };
  Stage stage(false);
  const std::vector<Way> families{{"IPv4", "http://good/silent", {"none"}},
                                  {"IPv4 and IPv6", "http://late/silent", {"none"}}};
  for (std::size_t i = 0; i < families.size(); ++i) stage.start(families[i], i);
  CHECK(stage.http().run_until([&stage] { return stage.open().size() >= 2; }));
  for (const int fd : stage.open()) {
    const std::optional<std::uint32_t> range = range_of(fd);
    CHECK(range.value_or(1) != 0);  // a kernel before 6.3 has no such option
  }
  stage.cancel_all(Outcome::interrupted);
  stage.wait();
  stage.drop_users();
}

TEST_CASE("http descriptors: whatever way connections end, the loop's books are the kernel's") {
  const bool paced = GENERATE(false, true);
  Stage stage(paced);
  for (const Way& way : kWays) {
    DYNAMIC_SECTION(way.name << (paced ? ", with a network of their own" : "")) {
      stage.play(way, kEnds);
      stage.play_good();
    }
  }
}

TEST_CASE("http descriptors: where the first address of a family is silent or refuses, the second one is used") {
  Stage stage(GENERATE(false, true));
  stage.play({"second address", "http://second/ok", {"none"}, 60s, 1s}, 100);
  stage.play({"next address", "http://next/ok", {"none"}}, kEnds);
  stage.play_good();
}

TEST_CASE("http descriptors: all ways at once, in any order") {
  Stage stage(GENERATE(false, true));
  std::mt19937 random(4711);
  for (int wave = 0; wave < 8; ++wave) {
    CAPTURE(wave);
    for (std::size_t i = 0; i < 200; ++i) {
      const Way* way = nullptr;
      do {
        way = &kWays[random() % kWays.size()];
      } while (way->cancelled);
      stage.start(*way, random() % 150);
      if (random() % 3 == 0) stage.http().context().poll_one();
    }
    stage.wait();
    stage.drop_users();
  }
  stage.play_good();
}

TEST_CASE("http descriptors: transfers that end with their client leave nothing open") {
  Stage stage(GENERATE(false, true));
  for (std::size_t i = 0; i < 200; ++i) stage.start(kWays[i % kWays.size()], i);
  for (int turn = 0; turn < 40; ++turn) stage.http().context().poll_one();
  CHECK_FALSE(stage.open().empty());
  stage.http().client().end_transfers();
  stage.drop_users();
}

TEST_CASE("http descriptors: a silent IPv6 address costs 200 ms, and the connection is the IPv4 one's") {
  const bool paced = GENERATE(false, true);
  CAPTURE(paced);
  Stage stage(paced);
  const Way late{"late", "http://late/ok", {"none"}};
  stage.start(late, 0);
  stage.wait();
  const RequestSample first = stage.last();
  CHECK(first.new_connection);
  CHECK(int{first.remote.bytes[10]} == 0xff);  // ::ffff:127.0.0.1
  CHECK(phase_ms(first, Phase::connect) >= 199);
  CHECK(phase_ms(first, Phase::wait) < phase_ms(first, Phase::connect));
  CHECK(phase_sum(first) == first.service_time);
  CHECK(stage.open().size() == 1);
  stage.start(late, 0);
  stage.wait();
  CHECK_FALSE(stage.last().new_connection);
  CHECK((stage.last().phases[static_cast<std::size_t>(Phase::connect)] == RequestSample::kNotReached));
}

TEST_CASE("http descriptors: where our own count is full, the fault is ours, whatever happened before") {
  Stage stage(false, 1);
  // A reused handle keeps libcurl's last error.
  stage.play({"timeout", "http://silent/", {"tcp_timeout"}, 60s, 2ms}, 1);
  const Way good{"good", "http://good/ok", {"none"}};
  stage.start(good, 0);
  stage.wait();
  const Way full{"full", "http://good/ok", {"generator_descriptors"}, 60s, 60s};
  stage.start(full, 1);
  stage.wait();
  // One of the two addresses is silent, and there is no room to try the other one.
  stage.drop_users();
  const Way half{"no room for the second", "http://late/ok", {"generator_descriptors"}, 60s, 300ms};
  stage.start(half, 0);
  stage.wait();
}
