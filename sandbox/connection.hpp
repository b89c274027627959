// One client connection: reads requests one after another, passes them on, writes the responses.
#pragma once

#include "sandbox/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <memory>
#include <unordered_set>

namespace gelombang::sandbox {

class ConnectionBase {
 public:
  virtual ~ConnectionBase() = default;
  virtual void start() = 0;
  // Closes now if no request is being served, else after the response. Call it on the connection's loop.
  virtual void finish() = 0;
};

// Shared by the connections of one loop. Only that loop's thread uses it, except for the flags.
struct ConnectionContext {
  ConnectionContext(const HttpLimits& l, HttpService& s, Counters& c, const std::atomic<bool>& d)
      : limits(l), service(s), counters(c), draining(d) {}
  const HttpLimits& limits;
  HttpService& service;
  Counters& counters;
  const std::atomic<bool>& draining;
  std::unordered_set<ConnectionBase*> open;
};

// A connection keeps itself and the context alive until it is closed. `tls` null: no TLS.
std::shared_ptr<ConnectionBase> make_connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls,
                                                std::shared_ptr<ConnectionContext> context);

}  // namespace gelombang::sandbox
