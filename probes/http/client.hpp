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
    // Of this worker, idle ones included; a request that needs one more is generator_descriptors.
    std::size_t max_connections = 1024;
    std::uint64_t trace_seed = 0;  // traceparent ids are a function of it and a counter
    // "host:port:address" as CURLOPT_RESOLVE takes it: look-ups pinned for a load run.
    std::vector<std::string> resolve;
    // Called after each socket's turn and after each `done`: where many answers come at once, whatever else is due need
    // not wait for the last of them. May start transfers; must not destroy the client.
    std::function<void()> after_turn;
    // Called once, when the first status of an answer comes, whichever that is and whatever becomes of the rest. Must
    // not call the client.
    std::function<void()> on_first_status;
  };
  // May move out of the result what it wants to keep. What it leaves there is gone when it returns: the client uses the
  // memory for later answers.
  using Done = std::function<void(HttpResult&&)>;

  HttpClient(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options);
  // As end_transfers(). Its users are gone.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Starts a request and follows its redirects. `done` is called once, from the io_context and never
  // from inside start(). Nothing is thrown for what a target or this machine may do.
  TransferId start(HttpUser& user, HttpRequest request, Done done);
  // Ends a transfer now; done is called, later, with `outcome` (interrupted or abandoned) and what
  // was measured so far. Unknown ids are ignored.
  void cancel(TransferId transfer, Outcome outcome);
  // Ends all transfers, also those whose result is not delivered yet, without a call of their `done`: for users that go
  // while something is under way. Not from a guard's or libcurl's call.
  void end_transfers();
  [[nodiscard]] std::size_t active() const noexcept;
  // Of all users, idle ones and those that are being made included.
  [[nodiscard]] std::size_t open_connections() const noexcept;

 private:
  friend class HttpUser;
  class Impl;
  std::shared_ptr<Impl> impl_;  // handlers in the io_context hold it weakly
};

}  // namespace gelombang
