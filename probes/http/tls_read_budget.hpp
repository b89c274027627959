// How much may be read from a TLS connection in one round of libcurl's. libcurl 7.88 reads an HTTP/2 connection until
// it is empty or brings the stream something: a peer that floods it with pings, settings, empty frames or TLS's own
// messages would hold the loop for ever, and no time limit would be looked at. At the end of the budget a read says
// "not now", as an empty socket does; the rest waits in the kernel, which makes the loop come back when others had
// their turn.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace gelombang {

class TlsReadBudget {
 public:
  // Some 14,000 of the smallest frames; a connection that is used for something brings less in a turn.
  static constexpr std::size_t kBytesPerRound = 128 * 1024;

  // Each connection may be read anew.
  void begin_round() noexcept { ++state_->round; }
  // Puts every connection that the context makes under this budget, which outlives their handshakes.
  void guard(SSL_CTX* context) const noexcept;
  // Bytes that were read so far from the connection that `session` is spoken on; nothing where it is under no budget.
  static std::optional<std::uint64_t> taken(SSL* session) noexcept;

  struct State {  // shared with the connections, which are their users' and may outlive the client
    std::uint64_t round = 1;
  };
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace gelombang
