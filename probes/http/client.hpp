// HTTP transfers of one worker thread: libcurl's multi interface driven by one Asio io_context.
// Everything here belongs to the thread that runs the io_context. Rules: HACKING.md, "curl under Asio".
#pragma once

#include "base/clock.hpp"
#include "probes/consent/socket_guard.hpp"
#include "probes/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gelombang {

class HttpUser;

using TransferId = std::uint64_t;

class HttpClient {
 public:
  struct Options {
    std::string user_agent = "gelombang";
    bool verify_certificates = true;
    std::string ca_file;  // empty: the system's
    bool http2 = true;    // offered over TLS
    // Connections of this worker, idle ones included; a request that needs one more fails with generator_descriptors.
    std::size_t max_connections = 1024;
    std::uint64_t trace_seed = 0;  // traceparent ids are a function of it and a counter
    // "host:port:address" as CURLOPT_RESOLVE takes it: look-ups pinned for a load run.
    std::vector<std::string> resolve;
    // Called after each socket's turn and after each `done`, so that other due work need not wait for the last of many
    // responses. May start transfers; must not destroy the client.
    std::function<void()> after_turn;
    // Called once, when the first status of a response comes, whatever status it is and whatever happens later. Must
    // not call the client.
    std::function<void()> on_first_status;
  };
  // The callback may move what it wants to keep out of the result. The rest is gone when the callback returns: the
  // client reuses the memory for later responses.
  using Done = std::function<void(HttpResult&&)>;

  HttpClient(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options);
  // Like end_transfers(). The client's users must be gone by now.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Starts a request and follows its redirects. `done` is called once, from the io_context and never from inside
  // start(). Failures of a target or of this machine throw nothing.
  TransferId start(HttpUser& user, HttpRequest request, Done done);
  // Ends a transfer now. `done` is called later, with `outcome` (interrupted or abandoned) and what was measured so
  // far. Unknown ids are ignored.
  void cancel(TransferId transfer, Outcome outcome);
  // Ends all transfers without a call of their `done`, also those whose result is not delivered yet. For users that go
  // away during a transfer. Not from a callback of the guard or of libcurl.
  void end_transfers();
  [[nodiscard]] std::size_t active() const noexcept;
  // Of all users, including idle connections and those being made.
  [[nodiscard]] std::size_t open_connections() const noexcept;

 private:
  friend class HttpUser;
  class Impl;
  std::shared_ptr<Impl> impl_;  // handlers in the io_context hold it weakly
};

}  // namespace gelombang
