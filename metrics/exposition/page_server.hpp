// Serves short responses over HTTP/1.1, one per connection. A client that connects and sends nothing, or reads slowly,
// costs a descriptor and no thread. So no other client waits for it.
#pragma once

#include "base/result.hpp"
#include "metrics/exposition/served_names.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

struct PageRequest {
  std::string_view method;
  std::string_view path;           // without a query, as sent
  std::string_view query;          // without its '?'
  std::string_view authorization;  // the value of this header; empty if missing
  std::string_view body;           // at most PageServer::kMaxBody bytes
  bool from_loopback = false;
};

struct PageAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides Content-Type and Content-Length
};

class PageServer {
 public:
  static constexpr std::size_t kMaxBody = 64 * 1024;
  // Above this number, the connection that has been open for longest is closed for the newest.
  static constexpr std::size_t kMostConnections = 128;
  // Called on one of kThreads threads, by several at once. An exception becomes a response of status 500.
  using Handler = std::function<PageAnswer(const PageRequest&)>;
  static constexpr std::size_t kThreads = 3;

  // `listen` is ADDRESS:PORT with a numeric address, IPv6 in brackets; port 0 takes a free port.
  static Result<std::unique_ptr<PageServer>> open(std::string_view listen, ServedNames names, Handler handler);
  // Finishes the responses under way, for some seconds. The handler is not called afterwards.
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  // "127.0.0.1:9780", "[::1]:9780"

 private:
  class Impl;
  explicit PageServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gelombang
