// A connection of somebody with a network of their own. Its bytes are counted where the kernel takes and gives them, so
// that TLS and HTTP/2 are paced like everything else; libcurl is told of a socket that is ready only when the link
// would have carried the bytes. What libcurl writes or reads unasked is booked after the fact and makes the next one
// wait.
#pragma once

#include "base/clock.hpp"
#include "probes/network_link.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace gelombang {

class PacedSocket {
 public:
  PacedSocket(int fd, std::shared_ptr<NetworkLink> link, TimePoint opened);

  // The link's connection from this port of ours; null: none.
  static std::shared_ptr<PacedSocket> find(NetworkLink& link, std::uint16_t local_port);

  // Writing: when the link takes the next bytes.
  [[nodiscard]] TimePoint may_write_at() const noexcept { return link_->up.free_at(); }
  // Reading, after a silence: books what is there, at most a segment, and says when it will have arrived. Nothing:
  // there are no bytes, so the end of the stream or an error is to be told.
  std::optional<TimePoint> book_read(TimePoint now);
  // The same for bytes that follow those that were read just now, at most one portion.
  std::optional<TimePoint> book_next();
  // libcurl's turn was due at `when`, and our timer may be late: what it moves is carried from then on.
  void begin_turn(TimePoint when) noexcept { began_ = when; }
  void end_turn() noexcept { began_.reset(); }
  // The descriptor is closed, and its number may be given out again.
  void closed() noexcept { fd_ = -1; }
  // What is written from now on is a request: the handshake is over.
  void begin_request(TimePoint now);
  // Books what has been written and read since it was asked last.
  void count(TimePoint now);
  // When what was read so far will have arrived.
  [[nodiscard]] TimePoint arrived_at() const noexcept { return arrived_at_; }
  // When the first byte of the last answer came, or will have come.
  [[nodiscard]] TimePoint answer_at() const noexcept { return answer_at_; }
  // The booked bytes have been read, as far as they are.
  void settle() noexcept;

  // When the connection stands: a round trip after it was asked for.
  [[nodiscard]] TimePoint connected_at() const noexcept { return opened_ + link_->rtt; }
  // When a handshake that libcurl found answered, too early, is over.
  [[nodiscard]] TimePoint secured_at() const noexcept { return unasked_at_; }
  // When the link has carried everything that was written.
  [[nodiscard]] TimePoint sent_at() const noexcept { return sent_at_; }

 private:
  [[nodiscard]] std::uint16_t local_port() const noexcept;
  [[nodiscard]] std::uint64_t waiting() const noexcept;
  TimePoint book(std::uint64_t bytes, TimePoint from) noexcept;

  int fd_;
  std::shared_ptr<NetworkLink> link_;
  TimePoint opened_;
  TimePoint sent_at_;
  TimePoint arrived_at_{};
  TimePoint answer_at_{};
  TimePoint unasked_at_{};  // when an answer that libcurl found by itself has arrived
  bool handshake_ = true;
  bool awaiting_ = false;           // nothing was read since something was written
  std::optional<TimePoint> began_;  // the present turn
  Duration lead_{};                 // by how much the peer had the last bytes too early
  std::uint64_t written_ = 0;       // so far
  std::uint64_t read_ = 0;
  std::uint64_t booked_ = 0;  // of the download, not read yet
};

}  // namespace gelombang
