#include "sandbox/http_server.hpp"

#include "sandbox/connection.hpp"
#include "sandbox/counters.hpp"
#include "sandbox/event_loops.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang::sandbox {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(HttpServerOptions o, EventLoops& l, Counters& c)
      : options(std::move(o)), loops(l), counters(c), acceptor(l.context(0)), pause(l.context(0)) {}

  void accept_next() {
    const std::size_t index = next_loop++ % loops.size();
    acceptor.async_accept(loops.context(index), [self = shared_from_this(), index](error_code ec, tcp::socket socket) {
      self->on_accept(ec, std::move(socket), index);
    });
  }

  void on_accept(error_code ec, tcp::socket socket, std::size_t index) {
    if (ec == asio::error::operation_aborted || draining) return;
    if (ec) {
      // Probably out of descriptors: wait for some connections to end before the next try.
      pause.expires_after(std::chrono::milliseconds(20));
      pause.async_wait([self = shared_from_this()](error_code stopped) {
        if (!stopped) self->accept_next();
      });
      return;
    }
    ++counters.connections_accepted;
    const auto open = static_cast<std::uint64_t>(counters.connections_open.load());
    if (open < options.max_connections) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto task = [self = shared_from_this(), index, s = std::move(socket)]() mutable {
        make_connection(std::move(s), self->tls ? &*self->tls : nullptr, self->contexts[index])->start();
      };
      asio::post(loops.context(index), std::move(task));
    }
    accept_next();
  }

  HttpServerOptions options;
  EventLoops& loops;
  Counters& counters;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::optional<asio::ssl::context> tls;
  std::vector<std::shared_ptr<ConnectionContext>> contexts;
  std::size_t next_loop = 0;
  std::atomic<bool> draining{false};
  asio::ip::address address;
};

HttpServer::HttpServer(HttpServerOptions options, EventLoops& loops, Counters& counters)
    : impl_(std::make_shared<Impl>(std::move(options), loops, counters)) {}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::bind() {
  const HttpServerOptions& options = impl_->options;
  error_code ec;
  impl_->address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, ec);
  if (ec) return Error{fmt::format("--listen {}: not an IP address", options.address)};
  if (!options.tls_certificate.empty()) {
    auto& tls = impl_->tls.emplace(asio::ssl::context::tls_server);
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, ec);
    tls.use_certificate_chain_file(options.tls_certificate, ec);
    if (ec) return Error{fmt::format("--tls-cert {}: {}", options.tls_certificate, ec.message())};
    tls.use_private_key_file(options.tls_key, asio::ssl::context::pem, ec);
    if (ec) return Error{fmt::format("--tls-key {}: {}", options.tls_key, ec.message())};
  }
  const tcp::endpoint endpoint(impl_->address, options.port);
  tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(4096, ec);
  if (ec) return Error{fmt::format("--listen {}:{}: {}", options.address, options.port, ec.message())};
  return {};
}

void HttpServer::start(HttpService& service) {
  for (std::size_t i = 0; i < impl_->loops.size(); ++i) {
    impl_->contexts.push_back(
        std::make_shared<ConnectionContext>(impl_->options.limits, service, impl_->counters, impl_->draining));
  }
  asio::post(impl_->acceptor.get_executor(), [impl = impl_] { impl->accept_next(); });
}

void HttpServer::drain(std::chrono::milliseconds grace) {
  impl_->draining = true;
  asio::post(impl_->acceptor.get_executor(), [impl = impl_] {
    error_code ignored;
    impl->acceptor.close(ignored);
    impl->pause.cancel();
  });
  for (std::size_t i = 0; i < impl_->contexts.size(); ++i) {
    asio::post(impl_->loops.context(i), [context = impl_->contexts[i]] {
      for (ConnectionBase* connection : context->open) connection->finish();
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (impl_->counters.connections_open > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::uint16_t HttpServer::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

bool HttpServer::on_loopback() const { return impl_->address.is_loopback(); }

std::string HttpServer::url() const {
  // Nobody can connect to a wildcard address. The loopback address always works from this machine.
  std::string host = impl_->address.to_string();
  if (impl_->address.is_unspecified()) host = impl_->address.is_v6() ? "::1" : "127.0.0.1";
  if (impl_->address.is_v6()) host = "[" + host + "]";
  return fmt::format("{}://{}:{}", impl_->tls ? "https" : "http", host, port());
}

}  // namespace gelombang::sandbox
