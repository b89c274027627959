#include "metrics/exposition/page_server.hpp"

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/loopback.hpp"

#include <fmt/format.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

namespace gelombang {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMaxHeader = 16 * 1024;
constexpr std::size_t kMaxUnread = 1024 * 1024;  // of an unwanted body
constexpr auto kReadTime = std::chrono::seconds(10);
constexpr auto kWriteTime = std::chrono::seconds(20);
constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr auto kStopTime = std::chrono::seconds(5);
constexpr auto kAcceptPause = std::chrono::milliseconds(50);  // if no descriptor is left

std::string_view text_of(boost::core::string_view text) { return {text.data(), text.size()}; }

PageAnswer refusal(int status, std::string_view why) { return {status, "text/plain", fmt::format("{}\n", why), {}}; }

bool comes_from_here(const asio::ip::address& address) {
  if (address.is_v4()) return address.is_loopback();
  return is_loopback(address.to_v6().to_bytes());
}

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(host), error);
  if (error || address.is_v6() != bracketed) return std::nullopt;
  return tcp::endpoint(address, port);
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return fmt::format("{}:{}", endpoint.address().is_v6() ? "[" + host + "]" : host, endpoint.port());
}

}  // namespace

class PageServer::Impl {
 public:
  Impl(ServedNames names, Handler handler) : names_(std::move(names)), handler_(std::move(handler)) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  error_code start(const tcp::endpoint& endpoint);
  [[nodiscard]] const tcp::endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  class Connection;

  // Logs such a name once: its scraper sees only that this machine is down.
  void tell_of(std::string_view name);
  void accept();
  void add(tcp::socket socket);
  // The open connections, the oldest first.
  std::vector<std::shared_ptr<Connection>> connections();
  void run();

  ServedNames names_;
  std::atomic<bool> told_{false};
  Handler handler_;
  std::mutex mutex_;
  std::condition_variable none_;
  std::list<std::weak_ptr<Connection>> open_;
  bool closed_ = false;  // true: add nothing to open_
  asio::io_context io_{static_cast<int>(kThreads)};
  // The acceptor, its timer and the steps after an accept run on this strand.
  asio::strand<asio::io_context::executor_type> order_{io_.get_executor()};
  tcp::acceptor acceptor_{order_};
  asio::steady_timer pause_{order_};
  tcp::endpoint endpoint_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Reads a request, writes the response and ends. Lives as long as one of its operations is under way.
class PageServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Impl& server) : stream_(std::move(socket)), server_(server) {
    parser_.header_limit(kMaxHeader);
    parser_.body_limit(kMaxBody);
  }
  ~Connection() {
    const std::lock_guard lock(server_.mutex_);
    server_.open_.remove_if([](const auto& other) { return other.expired(); });
    if (server_.open_.empty()) server_.none_.notify_all();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool answering() const noexcept { return answering_; }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
      self->stream_.expires_after(kReadTime);
      http::async_read(self->stream_, self->buffer_, self->parser_,
                       [self](error_code error, std::size_t) { self->on_request(error); });
    });
  }
  // From any thread. Closes at once, or only if no response is under way.
  void close(bool even_answering) {
    asio::post(stream_.get_executor(), [self = shared_from_this(), even_answering] {
      if (even_answering || !self->answering_) self->stream_.close();
    });
  }

 private:
  void on_request(error_code error) {
    if (error == http::error::body_limit)
      return write(refusal(413, fmt::format("expected at most {} bytes", kMaxBody)));
    if (error == http::error::header_limit) return write(refusal(431, "expected shorter headers"));
    if (error && error.category() == make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return write(refusal(400, "expected a request of HTTP/1.1"));
    if (error) return;  // the client left, or its time is over
    answering_ = true;
    write(answer());
  }

  PageAnswer answer() {
    const auto& request = parser_.get();
    const auto hosts = request.equal_range(http::field::host);
    const auto count = std::distance(hosts.first, hosts.second);
    if (count > 1 || (count == 0 && request.version() != 10)) return refusal(400, "expected one Host");
    if (count == 1 && !server_.names_.serve(text_of(hosts.first->value()))) {
      server_.tell_of(text_of(hosts.first->value()));
      return refusal(403, "expected an address, localhost or this machine's name as the host: see --metrics-name");
    }
    const std::string_view target = text_of(request.target());
    if (!target.starts_with('/')) return refusal(400, "expected a path");
    const std::size_t question = std::min(target.find('?'), target.size());
    PageRequest page;
    page.method = text_of(request.method_string());
    page.path = target.substr(0, question);
    page.query = target.substr(std::min(question + 1, target.size()));
    page.authorization = text_of(request[http::field::authorization]);
    page.body = request.body();
    error_code ignored;
    page.from_loopback = comes_from_here(stream_.socket().remote_endpoint(ignored).address());
    try {
      return server_.handler_(page);
    } catch (const std::exception& fault) {
      return refusal(500, fault.what());
    }
  }

  void write(PageAnswer answer) {
    answering_ = true;
    answer_ = std::move(answer);
    const auto status = http::int_to_status(static_cast<unsigned>(answer_.status));
    head_ =
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n", answer_.status,
                    text_of(http::obsolete_reason(status)), answer_.content_type, answer_.body.size());
    for (const auto& [name, value] : answer_.headers) head_ += fmt::format("{}: {}\r\n", name, value);
    head_ += "\r\n";
    const bool head_only = parser_.get().method() == http::verb::head;
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_),
                                                    head_only ? asio::const_buffer() : asio::buffer(answer_.body)};
    stream_.expires_after(kWriteTime);
    asio::async_write(stream_, buffers, [self = shared_from_this()](error_code error, std::size_t) {
      self->answering_ = false;
      if (error) return;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, error);
      self->stream_.expires_after(kDrainTime);
      self->drain();
    });
  }

  // Closing with unread bytes would send a reset, which can destroy the response on its way.
  void drain() {
    stream_.async_read_some(asio::buffer(unread_), [self = shared_from_this()](error_code error, std::size_t length) {
      self->drained_ += length;
      if (!error && self->drained_ < kMaxUnread) self->drain();
    });
  }

  beast::tcp_stream stream_;
  Impl& server_;
  beast::flat_buffer buffer_{kMaxHeader + kMaxBody};
  http::request_parser<http::string_body> parser_;
  PageAnswer answer_;
  std::string head_;
  std::atomic<bool> answering_{false};
  std::array<char, 4096> unread_{};
  std::size_t drained_ = 0;
};

PageServer::Impl::~Impl() {
  if (threads_.empty()) return;
  asio::post(order_, [this] {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : connections()) connection->close(false);
    const std::lock_guard lock(mutex_);
    closed_ = true;
    none_.notify_all();
  });
  {
    std::unique_lock lock(mutex_);
    none_.wait_for(lock, kStopTime, [this] { return closed_ && open_.empty(); });
  }
  for (const auto& connection : connections()) connection->close(true);
  for (std::thread& thread : threads_) thread.join();
}

error_code PageServer::Impl::start(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) return error;
  asio::post(order_, [this] { accept(); });
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
  return {};
}

void PageServer::Impl::run() {
  // The main thread handles Ctrl-C. A client that has gone must not raise SIGPIPE here.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception&) {
      // Not enough memory: that connection is lost, the others go on.
    }
  }
}

void PageServer::Impl::tell_of(std::string_view name) {
  if (told_.exchange(true)) return;
  spdlog::warn("{}: request refused, because its Host '{}' is not a name of this machine: see --metrics-name",
               text_of(endpoint_), printable(name.substr(0, 100)));
}

void PageServer::Impl::accept() {
  if (stopping_) return;
  acceptor_.async_accept(asio::make_strand(io_), [this](error_code error, tcp::socket socket) {
    if (stopping_) return;
    if (!error) {
      accept();  // first: if memory is short, only this connection is lost
      return add(std::move(socket));
    }
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code) { accept(); });
  });
}

void PageServer::Impl::add(tcp::socket socket) {
  const auto connection = std::make_shared<Connection>(std::move(socket), *this);
  auto others = connections();
  if (others.size() >= kMostConnections) {
    const auto idle = std::find_if(others.begin(), others.end(), [](const auto& other) { return !other->answering(); });
    (idle == others.end() ? others.front() : *idle)->close(true);
  }
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(connection);
  }
  connection->start();
}

std::vector<std::shared_ptr<PageServer::Impl::Connection>> PageServer::Impl::connections() {
  std::vector<std::shared_ptr<Connection>> result;
  const std::lock_guard lock(mutex_);
  result.reserve(open_.size());
  for (const auto& connection : open_) {
    if (auto alive = connection.lock()) result.push_back(std::move(alive));
  }
  return result;
}

PageServer::PageServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageServer::~PageServer() = default;

Result<std::unique_ptr<PageServer>> PageServer::open(std::string_view listen, ServedNames names, Handler handler) {
  const auto endpoint = parse_endpoint(listen);
  if (!endpoint) {
    return Error{fmt::format("cannot serve metrics on '{}': expected ADDRESS:PORT such as 127.0.0.1:9780 or [::1]:9780",
                             printable(listen))};
  }
  auto impl = std::make_unique<Impl>(std::move(names), std::move(handler));
  if (const error_code error = impl->start(*endpoint))
    return Error{fmt::format("cannot serve metrics on {}: {}", listen, error.message())};
  return std::unique_ptr<PageServer>(new PageServer(std::move(impl)));
}

std::uint16_t PageServer::port() const { return impl_->endpoint().port(); }
std::string PageServer::address() const { return text_of(impl_->endpoint()); }

}  // namespace gelombang
