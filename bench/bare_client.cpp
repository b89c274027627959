// The minimum cost of libcurl: users who send the tester's requests with the tester's curl options, without script,
// checks and records. Users are as separate as the tester's: each has its own share and handle. Anything that gelombang
// spends above this is its own cost. bench/speed/ measures both from outside; this program prints only what it did.
#include "probes/curl_handles.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stopped = 0;

struct Plan {
  std::size_t users = 64;
  double seconds = 10;
  std::string page;  // GET
  std::string post;  // POST with `form`; alternates with the page
  std::string form = "token=0";
  std::string upload;  // POST of `bytes` bytes, instead of the two
  std::size_t bytes = 1'500'000;
  std::string user_agent = "gelombang";
  bool strangers = false;  // a new connection, cookie jar and share for each page and form
};

CurlList list_of(std::initializer_list<const char*> lines) {
  CurlList list;
  for (const char* line : lines) list.reset(curl_slist_append(list.release(), line));
  return list;
}

struct User {
  CurlEasy easy;
  CurlShare share;
  bool page_is_next = true;
  const std::string* photo = nullptr;  // to upload
  std::size_t offset = 0;              // in it
  std::string answer;
  std::size_t headers = 0;
};

class BareClient {
 public:
  explicit BareClient(Plan plan);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  void run();
  std::size_t answered = 0;
  std::size_t failed = 0;

 private:
  static constexpr const char* kTrace = "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

  void open(User& user);
  void renew_share(User& user);
  void set_request(User& user);
  void set_socket_options(CURL* easy);
  void drain();

  static int on_socket(CURL*, curl_socket_t fd, int what, void* client, void*);
  static int on_timer(CURLM*, long timeout_ms, void* client);
  static curl_socket_t on_open(void* client, curlsocktype, curl_sockaddr* address);
  static int on_close(void* client, curl_socket_t fd);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user);
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* user);
  static int on_request(void*, char*, char*, int, int) { return CURL_PREREQFUNC_OK; }

  Plan plan_;
  std::string photo_;
  CurlMulti multi_;
  int epoll_;
  std::vector<std::uint32_t> registered_;  // by descriptor: the requested events
  bool timer_set_ = false;
  Clock::time_point due_{};
  CurlList page_headers_ = list_of({kTrace});
  CurlList form_headers_ = list_of({"Content-Type: application/x-www-form-urlencoded", kTrace, "Expect:"});
  CurlList upload_headers_ = list_of({kTrace, "Content-Type: multipart/form-data; boundary=gelombang0", "Expect:"});
  std::vector<std::unique_ptr<User>> users_;
};

BareClient::BareClient(Plan plan)
    : plan_(std::move(plan)),
      photo_(plan_.upload.empty() ? 0 : plan_.bytes, 'x'),
      multi_(curl_multi_init()),
      epoll_(epoll_create1(0)) {
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &BareClient::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &BareClient::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 6L);
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

BareClient::~BareClient() {
  for (const auto& user : users_) curl_multi_remove_handle(multi_.get(), user->easy.get());
  for (const auto& user : users_) user->easy.reset();
  users_.clear();
  multi_.reset();
  close(epoll_);
}

// Sets what probes/http/setup.cpp sets on its template and for each request, only once where that is enough.
void BareClient::open(User& user) {
  user.easy.reset(curl_easy_init());
  CURL* const easy = user.easy.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16L * 1024);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 300L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, plan_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60'000L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &BareClient::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &user);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareClient::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &user);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &BareClient::on_request);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &user);
  set_socket_options(easy);
}

void BareClient::set_socket_options(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &BareClient::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &BareClient::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void BareClient::renew_share(User& user) {
  curl_easy_setopt(user.easy.get(), CURLOPT_SHARE, nullptr);
  user.share.reset(curl_share_init());
  for (const curl_lock_data what : {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_COOKIE}) {
    curl_share_setopt(user.share.get(), CURLSHOPT_SHARE, what);
  }
  curl_easy_setopt(user.easy.get(), CURLOPT_SHARE, user.share.get());
}

void BareClient::set_request(User& user) {
  CURL* const easy = user.easy.get();
  user.answer.clear();
  user.offset = 0;
  if (!plan_.upload.empty()) {
    curl_easy_setopt(easy, CURLOPT_URL, plan_.upload.c_str());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(photo_.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &BareClient::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, &user);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, upload_headers_.get());
  } else if (user.page_is_next || plan_.post.empty()) {
    if (plan_.strangers) renew_share(user);
    curl_easy_setopt(easy, CURLOPT_URL, plan_.page.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, page_headers_.get());
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_URL, plan_.post.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, form_headers_.get());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(plan_.form.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, plan_.form.c_str());
  }
  user.page_is_next = !user.page_is_next;
  curl_multi_add_handle(multi_.get(), easy);
}

void BareClient::run() {
  for (std::size_t i = 0; i < plan_.users; ++i) {
    User& user = *users_.emplace_back(std::make_unique<User>());
    user.photo = &photo_;
    open(user);
    renew_share(user);
    set_request(user);
  }
  const auto end = Clock::now() + std::chrono::duration<double>(plan_.seconds);
  std::array<epoll_event, 256> events{};
  int running = 0;
  while (stopped == 0 && Clock::now() < end) {
    int wait = 100;
    if (timer_set_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now()).count();
      wait = static_cast<int>(std::clamp<long>(left, 0, 100));
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int mask = (event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
      if ((event.events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi_.get(), event.data.fd, mask, &running);
    }
    if (timer_set_ && Clock::now() >= due_) {
      timer_set_ = false;
      curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
    }
    drain();
  }
}

void BareClient::drain() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    CURL* const easy = message->easy_handle;
    ++answered;
    if (message->data.result != CURLE_OK) ++failed;
    char* owner = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    curl_multi_remove_handle(multi_.get(), easy);
    set_request(*reinterpret_cast<User*>(owner));
  }
}

// A descriptor stays in epoll until it is closed. It is changed only if libcurl wants other events.
int BareClient::on_socket(CURL*, curl_socket_t fd, int what, void* client, void*) {
  auto* self = static_cast<BareClient*>(client);
  if (what == CURL_POLL_REMOVE) return 0;
  const auto index = static_cast<std::size_t>(fd);
  if (self->registered_.size() <= index) self->registered_.resize(index + 1);
  epoll_event event{};
  event.data.fd = fd;
  event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  if (self->registered_[index] == event.events) return 0;
  epoll_ctl(self->epoll_, self->registered_[index] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  self->registered_[index] = event.events;
  return 0;
}

int BareClient::on_timer(CURLM*, long timeout_ms, void* client) {
  auto* self = static_cast<BareClient*>(client);
  self->timer_set_ = timeout_ms >= 0;
  self->due_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

curl_socket_t BareClient::on_open(void*, curlsocktype, curl_sockaddr* address) {
  constexpr int kNotSentLowWater = 16 * 1024;
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowWater, sizeof kNotSentLowWater);
  constexpr int kLocalPortRange = 51;  // as in probes/http/curl_loop.cpp
  constexpr std::uint32_t kAnyPort = 65535U << 16 | 1;
  setsockopt(fd, IPPROTO_IP, kLocalPortRange, &kAnyPort, sizeof kAnyPort);
  return fd;
}

int BareClient::on_close(void* client, curl_socket_t fd) {
  auto* self = static_cast<BareClient*>(client);
  const auto index = static_cast<std::size_t>(fd);
  if (index < self->registered_.size()) self->registered_[index] = 0;
  return ::close(fd);
}

std::size_t BareClient::on_body(char* data, std::size_t size, std::size_t count, void* user) {
  static_cast<User*>(user)->answer.append(data, size * count);
  return size * count;
}

std::size_t BareClient::on_header(char*, std::size_t size, std::size_t count, void* user) {
  ++static_cast<User*>(user)->headers;
  return size * count;
}

std::size_t BareClient::on_read(char* to, std::size_t size, std::size_t count, void* user) {
  auto* self = static_cast<User*>(user);
  const std::size_t length = std::min(size * count, self->photo->size() - self->offset);
  std::memcpy(to, self->photo->data() + self->offset, length);
  self->offset += length;
  return length;
}

int run(int argc, char** argv) {
  Plan plan;
  CLI::App app{"Requests through libcurl and nothing else, as long as asked or until SIGTERM"};
  app.add_option("--users", plan.users);
  app.add_option("--seconds", plan.seconds);
  app.add_option("--page", plan.page, "URL to get");
  app.add_option("--post", plan.post, "URL to post the form to, after each page");
  app.add_option("--form", plan.form);
  app.add_option("--upload", plan.upload, "URL to post --bytes bytes to, instead of page and form");
  app.add_option("--bytes", plan.bytes);
  app.add_option("--user-agent", plan.user_agent);
  app.add_flag("--strangers", plan.strangers, "A new connection for each page");
  app.set_version_flag("--version", std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version);
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGTERM, [](int) { stopped = 1; });
  ensure_curl();
  BareClient client(plan);
  client.run();
  fmt::print("answered {}, failed {}\n", client.answered, client.failed);
  return client.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace gelombang

int main(int argc, char** argv) { return gelombang::run(argc, argv); }
