// Limits how much is read from a TLS connection in one round of libcurl. libcurl 7.88 reads an HTTP/2 connection until
// it is empty or brings something for the stream. A peer that floods it with pings, settings, empty frames or TLS's own
// messages would hold the loop for ever, and no time limit would be checked. At the end of the budget a read says "not
// now", like an empty socket. The rest waits in the kernel, so the loop comes back after others had their turn.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace gelombang {

class TlsReadBudget {
 public:
  // Some 14,000 of the smallest frames; a connection in normal use brings less in a turn.
  static constexpr std::size_t kBytesPerRound = 128 * 1024;

  // Gives each connection a new budget.
  void begin_round() noexcept { ++state_->round; }
  // Puts every connection of the context under this budget, which must outlive their handshakes.
  void guard(SSL_CTX* context) const noexcept;
  // Bytes read so far from the connection of `session`; nullopt if it is under no budget.
  static std::optional<std::uint64_t> taken(SSL* session) noexcept;

  struct State {  // shared with the connections, which users own and which may outlive the client
    std::uint64_t round = 1;
  };
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace gelombang
