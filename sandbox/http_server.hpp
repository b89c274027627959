// An HTTP/1.1 server on Boost.Beast: keep-alive, TLS, limits for headers, bodies and times. It knows nothing about the
// portal: HttpService does.
#pragma once

#include "base/result.hpp"
#include "sandbox/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gelombang::sandbox {

class Counters;
class EventLoops;

struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;         // a larger header gets a 431
  std::chrono::milliseconds header_time{15'000};  // from accept to the end of the first header
  std::chrono::milliseconds idle_time{60'000};    // between requests, including the next header
  std::chrono::milliseconds body_pause{20'000};   // without a byte of the body
  std::chrono::milliseconds body_time{300'000};   // the whole body: 2 MB at 64 kbit/s are 250 s
  std::chrono::milliseconds write_time{60'000};   // the whole response
  std::chrono::milliseconds linger_time{5'000};   // reading the rest of a refused body
  std::uint64_t linger_bytes = 32ULL * 1024 * 1024;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;       // 0: any free port
  std::string tls_certificate;  // PEM files; both or none
  std::string tls_key;
  std::uint64_t max_connections = 10'000;
  HttpLimits limits;
};

class HttpServer {
 public:
  // `loops` and `counters` must outlive the server.
  HttpServer(HttpServerOptions options, EventLoops& loops, Counters& counters);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Reads the certificate and binds. From here on, the port is known and connections queue up.
  Result<void> bind();
  // Starts to accept connections. `service` must outlive the threads of the loops.
  void start(HttpService& service);
  // Stops accepting. Closes idle connections at once and busy ones after their response. Returns when all are closed or
  // `grace` is over. The loops must still be running.
  void drain(std::chrono::milliseconds grace);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool on_loopback() const;
  // "https://127.0.0.1:8443"
  [[nodiscard]] std::string url() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gelombang::sandbox
