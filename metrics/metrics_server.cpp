#include "metrics/metrics_server.hpp"

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace gelombang {
namespace {

struct Address {
  std::string host;
  std::uint16_t port = 0;
  sockaddr_in socket{};
};

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Address address;
  address.host = std::string(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  address.socket.sin_family = AF_INET;
  address.socket.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &address.socket.sin_addr) != 1) return std::nullopt;
  return address;
}

// Why the address cannot be bound, since the library does not tell.
std::string bind_problem(const Address& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::generic_category().message(errno);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.socket);
  int error = 0;
  if (::bind(fd, generic, sizeof address.socket) != 0 || ::listen(fd, 1) != 0) error = errno;
  ::close(fd);
  return error == 0 ? "the HTTP server did not start" : std::generic_category().message(error);
}

// The library's accepting thread looks only every two seconds whether it should stop, or when somebody
// connects: so somebody does, until the server is gone.
class Knocker {
 public:
  Knocker(const Address& address, std::uint16_t port) : to_(address.socket) {
    to_.sin_port = htons(port);
    if (to_.sin_addr.s_addr == htonl(INADDR_ANY)) to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    thread_ = std::thread([this] { run(); });
  }
  ~Knocker() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(5), [this] { return done_; })) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      if (fd < 0) continue;
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
      static_cast<void>(::connect(fd, reinterpret_cast<const sockaddr*>(&to_), sizeof to_));
      ::close(fd);
    }
  }

  sockaddr_in to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

std::string_view or_nothing(const char* text) { return text == nullptr ? std::string_view() : text; }

bool is_loopback(std::string_view address) { return address.starts_with("127."); }

// A site that somebody of this machine visits may give its own name our address. A browser then asks us in that name,
// and would show the site what we answer. Addresses and localhost cannot be lent like that.
bool is_lent_name(std::string_view host) {
  if (host.empty() || host.starts_with('[')) return false;
  const std::string name(host.substr(0, host.find(':')));
  in_addr address{};
  return ::inet_pton(AF_INET, name.c_str(), &address) != 1 && ::strcasecmp(name.c_str(), "localhost") != 0;
}

// Nothing where it is longer than allowed, or was cut off.
std::optional<std::string> read_body(mg_connection* connection, const mg_request_info& request) {
  if (request.content_length > static_cast<long long>(MetricsServer::kMaxBody)) return std::nullopt;
  // One that comes in chunks does not say how long it is.
  std::string body(MetricsServer::kMaxBody + 1, '\0');
  std::size_t read = 0;
  int got = 1;
  while (got > 0 && read < body.size()) {
    got = mg_read(connection, body.data() + read, body.size() - read);
    if (got > 0) read += static_cast<std::size_t>(got);
  }
  const bool whole = request.content_length < 0 || read == static_cast<std::size_t>(request.content_length);
  if (got < 0 || !whole || read > MetricsServer::kMaxBody) return std::nullopt;
  body.resize(read);
  return body;
}

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(Address address_, std::shared_ptr<prometheus::Collectable> metrics, const Clock& clock)
      : address(std::move(address_)), metrics_(std::move(metrics)), clock_(clock) {
    const std::string listen = fmt::format("{}:{}", address.host, address.port);
    const char* options[] = {"listening_ports",    listen.c_str(), "num_threads", "3",
                             "request_timeout_ms", "10000",        nullptr};
    mg_callbacks callbacks{};
    callbacks.begin_request = [](mg_connection* connection) {
      return static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)))->answer(connection);
    };
    context_ = mg_start(&callbacks, this, options);
  }
  ~Impl() {
    if (context_ == nullptr) return;
    {
      std::unique_lock lock(mutex);
      stopping_ = true;
      idle_.wait(lock, [this] { return answering_ == 0; });
    }
    const Knocker knocker(address, port());
    mg_stop(context_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool started() const { return context_ != nullptr; }
  [[nodiscard]] std::uint16_t port() const {
    mg_server_port served{};
    mg_get_server_ports(context_, 1, &served);
    return static_cast<std::uint16_t>(served.port);
  }
  void serve(std::string path, Page page) {
    const std::lock_guard lock(mutex);
    pages_[std::move(path)] = std::make_shared<const Page>(std::move(page));
  }

  Address address;
  std::uint64_t scrapes = 0;
  std::optional<TimePoint> last_scrape;
  mutable std::mutex mutex;

 private:
  // The library's callback: the status that was sent.
  int answer(mg_connection* connection);
  PageAnswer answer_to(mg_connection* connection, const mg_request_info& request);
  PageAnswer scrape();

  std::shared_ptr<prometheus::Collectable> metrics_;
  const Clock& clock_;
  std::condition_variable idle_;
  bool stopping_ = false;
  int answering_ = 0;
  std::map<std::string, std::shared_ptr<const Page>, std::less<>> pages_;
  mg_context* context_ = nullptr;
};

PageAnswer MetricsServer::Impl::scrape() {
  const TimePoint began = clock_.now();
  const auto families = metrics_->Collect();
  {
    const std::lock_guard lock(mutex);
    ++scrapes;
    last_scrape = began;
  }
  return {200, "text/plain; version=0.0.4; charset=utf-8", prometheus::TextSerializer().Serialize(families), {}};
}

PageAnswer MetricsServer::Impl::answer_to(mg_connection* connection, const mg_request_info& request) {
  const std::string_view path = or_nothing(request.local_uri);
  const std::string_view method = or_nothing(request.request_method);
  if (path == "/metrics") {
    if (method == "GET" || method == "HEAD") return scrape();
    return {405, "text/plain", "only GET\n", {{"Allow", "GET, HEAD"}}};
  }
  std::shared_ptr<const Page> page;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = pages_.find(path); found != pages_.end()) page = found->second;
  }
  if (!page) return {404, "text/plain", "not here\n", {}};
  const bool from_loopback = is_loopback(or_nothing(request.remote_addr));
  if (from_loopback && is_lent_name(or_nothing(mg_get_header(connection, "Host"))))
    return {403, "text/plain", "expected an address or localhost as the host\n", {}};
  const auto body = read_body(connection, request);
  if (!body) return {413, "text/plain", fmt::format("expected at most {} bytes\n", kMaxBody), {}};
  return (*page)({method, path, or_nothing(request.query_string),
                  or_nothing(mg_get_header(connection, "Authorization")), *body, from_loopback});
}

int MetricsServer::Impl::answer(mg_connection* connection) {
  {
    const std::lock_guard lock(mutex);
    if (stopping_) return 503;
    ++answering_;
  }
  const mg_request_info& request = *mg_get_request_info(connection);
  PageAnswer answer;
  try {
    answer = answer_to(connection, request);
  } catch (const std::exception& fault) {
    answer = {500, "text/plain", fmt::format("{}\n", fault.what()), {}};
  }
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status,
                  mg_get_response_code_text(connection, answer.status), answer.content_type, answer.body.size());
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "\r\n";
  mg_write(connection, head.data(), head.size());
  if (or_nothing(request.request_method) != "HEAD") mg_write(connection, answer.body.data(), answer.body.size());
  const std::lock_guard lock(mutex);
  if (--answering_ == 0) idle_.notify_all();
  return answer.status;
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(std::string_view listen,
                                                           std::shared_ptr<prometheus::Collectable> metrics,
                                                           const Clock& clock) {
  const auto address = parse_address(listen);
  if (!address) {
    return Error{
        fmt::format("cannot serve metrics on '{}': expected an IPv4 ADDRESS:PORT such as 127.0.0.1:9780", listen)};
  }
  auto impl = std::make_unique<Impl>(*address, std::move(metrics), clock);
  if (!impl->started()) return Error{fmt::format("cannot serve metrics on {}: {}", listen, bind_problem(*address))};
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

void MetricsServer::serve(std::string path, Page page) { impl_->serve(std::move(path), std::move(page)); }

std::uint16_t MetricsServer::port() const { return impl_->port(); }
std::string MetricsServer::url(std::string_view path) const {
  return fmt::format("http://{}:{}{}", impl_->address.host, port(), path);
}
std::uint64_t MetricsServer::scrapes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->scrapes;
}
std::optional<TimePoint> MetricsServer::last_scrape() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->last_scrape;
}

}  // namespace gelombang
