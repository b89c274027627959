// The consent guard: nothing is sent to anybody who has not agreed to it. The default is to deny. The guard judges the
// resolved address whenever a socket opens, and the name whenever a request starts. docs/consent.md has the rules for
// owners and operators.
//
// The guard reads consent files on its own thread: before the first other request to an origin, at each address that
// the origin's name resolves to, and again every `reread_interval`.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"
#include "probes/consent/address_resolver.hpp"
#include "probes/consent/key.hpp"
#include "probes/consent/socket_guard.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

class ConsentGuard final : public SocketGuard {
 public:
  struct Options {
    std::optional<ConsentKey> key;  // none: no target that needs consent is reachable
    bool allow_private_network = false;
    unsigned segments = 1;   // the n of `--segment i/n`: this process may use max_rate / n
    std::string contact;     // required beyond loopback
    std::string user_agent;  // of the guard's own requests; contains the contact
    std::string ca_file;     // empty: the system's
    Duration reread_interval = std::chrono::seconds(30);
    // Resolves names, with the same answers as the transfers get. Runs on the guard's thread.
    AddressResolver resolve = resolve_addresses;
    // Called at most once, on any thread, with one line for people: the run must stop (exit code 112).
    // Must not block or call the guard.
    std::function<void(std::string reason)> on_withdrawn;
  };

  ConsentGuard(Options options, const Clock& clock);
  // Waits for the guard's thread, which aborts its transfer but finishes a look-up in progress. Unfinished preparations
  // are dropped without a call of `ready`.
  ~ConsentGuard() override;
  ConsentGuard(const ConsentGuard&) = delete;
  ConsentGuard& operator=(const ConsentGuard&) = delete;

  GuardVerdict may_connect(std::string_view host, const RemoteAddress& address) override;
  GuardVerdict may_request(std::string_view host, std::string_view path) override;
  bool needs_preparation(std::string_view scheme, std::string_view host, std::uint16_t port) override;
  void prepare(std::string scheme, std::string host, std::uint16_t port, std::function<void()> ready) override;
  // The most requests per second of the whole plan that the owner of a prepared host consents to; nullopt where no
  // consent is needed.
  [[nodiscard]] std::optional<Rate> consented_rate(std::string_view host) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gelombang
