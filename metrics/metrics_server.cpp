#include "metrics/metrics_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

// Notes every scrape on its way to the metrics.
class Watched final : public prometheus::Collectable {
 public:
  Watched(std::shared_ptr<prometheus::Collectable> metrics, const Clock& clock)
      : metrics_(std::move(metrics)), clock_(clock) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    const TimePoint began = clock_.now();
    auto families = metrics_->Collect();
    const std::lock_guard lock(mutex_);
    ++scrapes_;
    last_ = began;
    return families;
  }
  [[nodiscard]] std::uint64_t scrapes() const {
    const std::lock_guard lock(mutex_);
    return scrapes_;
  }
  [[nodiscard]] std::optional<TimePoint> last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::shared_ptr<prometheus::Collectable> metrics_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::uint64_t scrapes_ = 0;
  mutable std::optional<TimePoint> last_;
};

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

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(const Address& address_, std::shared_ptr<prometheus::Collectable> metrics, const Clock& clock)
      : address(address_),
        watched(std::make_shared<Watched>(std::move(metrics), clock)),
        exposer({"listening_ports", fmt::format("{}:{}", address_.host, address_.port), "num_threads", "2"}) {
    exposer.RegisterCollectable(watched);
  }

  Address address;
  std::shared_ptr<Watched> watched;
  prometheus::Exposer exposer;
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// The exposer's endpoint waits for the answers on their way before the server stops.
MetricsServer::~MetricsServer() {
  const Knocker knocker(impl_->address, port());
  impl_.reset();
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(std::string_view listen,
                                                           std::shared_ptr<prometheus::Collectable> metrics,
                                                           const Clock& clock) {
  const auto address = parse_address(listen);
  if (!address) {
    return Error{
        fmt::format("cannot serve metrics on '{}': expected an IPv4 ADDRESS:PORT such as 127.0.0.1:9780", listen)};
  }
  try {
    return std::unique_ptr<MetricsServer>(
        new MetricsServer(std::make_unique<Impl>(*address, std::move(metrics), clock)));
  } catch (const std::exception&) {
    return Error{fmt::format("cannot serve metrics on {}: {}", listen, bind_problem(*address))};
  }
}

std::uint16_t MetricsServer::port() const {
  return static_cast<std::uint16_t>(impl_->exposer.GetListeningPorts().at(0));
}
std::string MetricsServer::url() const { return fmt::format("http://{}:{}/metrics", impl_->address.host, port()); }
std::uint64_t MetricsServer::scrapes() const { return impl_->watched->scrapes(); }
std::optional<TimePoint> MetricsServer::last_scrape() const { return impl_->watched->last(); }

}  // namespace gelombang
