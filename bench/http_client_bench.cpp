// The cost of the HTTP client: processor time per request, compared with a bare libcurl loop that does nothing else,
// and memory per idle user. Both numbers are of this thread and process; the server, nginx, is another process.
#include "base/clock.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/client.hpp"
#include "probes/http/user.hpp"
#include "tests/support/nginx.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {
namespace {

constexpr std::size_t kRequests = 60'000;

class AllowAll final : public SocketGuard {
 public:
  GuardVerdict may_connect(std::string_view, const RemoteAddress&) override { return {true, {}}; }
  GuardVerdict may_request(std::string_view, std::string_view) override { return {true, {}}; }
  bool needs_preparation(std::string_view, std::string_view, std::uint16_t) override { return false; }
  void prepare(std::string, std::string, std::uint16_t, std::function<void()> ready) override { ready(); }
};

double thread_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The memory allocated now. Resident pages would include memory that an earlier measurement has freed.
double heap_kb() {
  const struct mallinfo2 heap = mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd) / 1024;
}

// libcurl's multi interface on epoll, as in its documentation: handles are reset and reused.
class BareLoop {
 public:
  BareLoop(const std::string& url, std::size_t handles) : multi_(curl_multi_init()), epoll_(epoll_create1(0)) {
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &BareLoop::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(handles));
    for (std::size_t i = 0; i < handles; ++i) {
      easies_.emplace_back(curl_easy_init());
      CURL* const easy = easies_.back().get();
      curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareLoop::on_body);
      curl_multi_add_handle(multi_.get(), easy);
    }
  }
  ~BareLoop() {
    for (const CurlEasy& easy : easies_) curl_multi_remove_handle(multi_.get(), easy.get());
    easies_.clear();
    multi_.reset();
    close(epoll_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void run(std::size_t requests) {
    std::array<epoll_event, 64> events{};
    int running = 0;
    std::size_t ended = 0;
    while (ended < requests) {
      curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const int mask = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(multi_.get(), event.data.fd, mask, &running);
      }
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        CURL* const easy = message->easy_handle;
        ++ended;
        curl_multi_remove_handle(multi_.get(), easy);
        curl_multi_add_handle(multi_.get(), easy);
      }
    }
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* loop, void* known) {
    auto* self = static_cast<BareLoop*>(loop);
    epoll_event event{};
    event.data.fd = fd;
    event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(self->epoll_, EPOLL_CTL_DEL, fd, nullptr);
    } else if (known == nullptr) {
      epoll_ctl(self->epoll_, EPOLL_CTL_ADD, fd, &event);
      curl_multi_assign(self->multi_.get(), fd, self);
    } else {
      epoll_ctl(self->epoll_, EPOLL_CTL_MOD, fd, &event);
    }
    return 0;
  }
  static std::size_t on_body(char*, std::size_t size, std::size_t count, void*) { return size * count; }

  CurlMulti multi_;
  int epoll_;
  std::vector<CurlEasy> easies_;
};

struct Crowd {
  explicit Crowd(HttpClient::Options options) : client(context, clock, guard, std::move(options)) {}

  // Each user plays `each` requests, one after the other.
  void play(const std::string& url, std::size_t count, std::size_t each) {
    while (users.size() < count) users.push_back(std::make_unique<HttpUser>(client));
    left.assign(count, each);
    for (std::size_t user = 0; user < count; ++user) next(url, user);
    context.restart();
    while (client.active() > 0) context.run_one();
  }
  void next(const std::string& url, std::size_t user) {
    HttpRequest request;
    request.url = url;
    client.start(*users[user], std::move(request), [this, &url, user](const HttpResult& result) {
      if (result.response.status != 200) ++failed;
      if (--left[user] > 0) next(url, user);
    });
  }

  boost::asio::io_context context{1};
  SystemClock clock;
  AllowAll guard;
  HttpClient client;
  std::vector<std::unique_ptr<HttpUser>> users;
  std::vector<std::size_t> left;
  std::size_t failed = 0;
};

void compare_processor(const std::string& url) {
  for (const std::size_t users : {std::size_t{16}, std::size_t{64}, std::size_t{512}}) {
    BareLoop bare(url, users);
    bare.run(users * 2);
    const double before_bare = thread_seconds();
    bare.run(kRequests);
    const double per_bare = (thread_seconds() - before_bare) / kRequests * 1e6;

    Crowd crowd({});
    crowd.play(url, users, 2);
    const double before = thread_seconds();
    const std::size_t each = kRequests / users;
    crowd.play(url, users, each);
    const double per_ours = (thread_seconds() - before) / static_cast<double>(each * users) * 1e6;
    fmt::print("{:4} users: bare libcurl {:5.1f} us/request, HttpClient {:5.1f} us/request, ratio {:.2f}, failed {}\n",
               users, per_bare, per_ours, per_ours / per_bare, crowd.failed);
  }
}

void measure_idle(const char* what, const std::string& url, const HttpClient::Options& options) {
  constexpr std::size_t kUsers = 2000;
  Crowd crowd(options);
  crowd.play(url, 8, 1);
  const double before = heap_kb();
  // In groups of 50, so that memory needed only during a request counts little.
  for (std::size_t group = 1; group <= kUsers / 50; ++group) {
    const std::size_t first = crowd.users.size();
    while (crowd.users.size() < first + 50) crowd.users.push_back(std::make_unique<HttpUser>(crowd.client));
    crowd.left.assign(crowd.users.size(), 1);
    for (std::size_t user = first; user < crowd.users.size(); ++user) crowd.next(url, user);
    crowd.context.restart();
    while (crowd.client.active() > 0) crowd.context.run_one();
  }
  fmt::print("{}: {:.1f} KB for each idle user with its connection, failed {}\n", what, (heap_kb() - before) / kUsers,
             crowd.failed);
}

int run() {
  test::Nginx nginx("location / { return 200 \"ok\"; keepalive_timeout 600s; }");
  compare_processor(nginx.plain_url("/"));
  HttpClient::Options options;
  options.max_connections = 4000;
  measure_idle("HTTP/1.1", nginx.plain_url("/"), options);
  options.ca_file = nginx.ca_file();
  measure_idle("HTTP/1.1 over TLS", nginx.tls_http1_url("/"), options);
  measure_idle("HTTP/2 over TLS", nginx.tls_url("/"), options);
  return 0;
}

}  // namespace
}  // namespace gelombang

int main() { return gelombang::run(); }
