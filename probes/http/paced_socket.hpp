// A connection of somebody with a network of their own. Its bytes are counted where the kernel takes and gives them, so
// that TLS and HTTP/2 are paced like everything else. What the peer sends is dated when it is first seen, and is
// through a round trip later, or when the line has carried it; libcurl is told of a socket that is ready no sooner.
// What libcurl reads or writes before its time all the same is dated as if it had waited.
#pragma once

#include "base/clock.hpp"
#include "probes/http/network_link.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace gelombang {

class PacedSocket {
 public:
  PacedSocket(int fd, std::shared_ptr<NetworkLink> link, TimePoint opened);

  // So that find() knows of it.
  static void enlist(NetworkLink& link, const std::shared_ptr<PacedSocket>& socket);
  // The link's connection from this port of ours; null: none.
  static std::shared_ptr<PacedSocket> find(NetworkLink& link, std::uint16_t local_port);

  // When the link takes the next bytes.
  [[nodiscard]] TimePoint may_write_at() const noexcept { return link_->up.free_at(); }
  // Books the next bytes that are there, at most a portion, and says when they are through. Nothing: there are none, so
  // the end of the stream or an error is to be told. After count().
  std::optional<TimePoint> book() noexcept;
  // The booked bytes have been read, as far as they are.
  void settle() noexcept;
  // libcurl's turn was due at `when`, and our timer may be late: what it writes is carried from then on.
  void begin_turn(TimePoint when) noexcept { began_ = when; }
  void end_turn() noexcept { began_.reset(); }
  // What is written from now on is a request: the handshake is over.
  void begin_request(TimePoint now);
  // Takes in what has been written and read since it was asked last, and what has come.
  void count(TimePoint now);
  // The descriptor is closed, and its number may be given out again.
  void closed() noexcept { fd_ = -1; }
  [[nodiscard]] int fd() const noexcept { return fd_; }  // -1: closed
  [[nodiscard]] bool in_handshake() const noexcept { return handshake_; }

  // When the connection stands: a round trip after it was asked for.
  [[nodiscard]] TimePoint connected_at() const noexcept { return opened_ + link_->rtt; }
  // When what the peer said last in the handshake was through.
  [[nodiscard]] TimePoint secured_at() const noexcept { return secured_at_; }
  // When the link has carried everything that was written.
  [[nodiscard]] TimePoint sent_at() const noexcept { return sent_at_; }
  // When the first and the last part of what was read in one turn began to come through, and when all of it was.
  [[nodiscard]] TimePoint first_part_at() const noexcept { return first_part_at_; }
  [[nodiscard]] TimePoint last_part_at() const noexcept { return last_part_at_; }
  [[nodiscard]] TimePoint arrived_at() const noexcept { return arrived_at_; }

 private:
  // Bytes that were seen at one time.
  struct Part {
    std::uint64_t end = 0;            // of the stream so far
    TimePoint due;                    // without the line's bandwidth
    std::optional<TimePoint> begins;  // on the line, once that is known
  };

  [[nodiscard]] std::uint16_t local_port() const noexcept;
  [[nodiscard]] std::uint64_t waiting() const noexcept;
  void note(std::uint64_t end, std::uint64_t waiting, TimePoint now);
  TimePoint carry(Part& part, std::uint64_t bytes) noexcept;
  void take_written(std::uint64_t written, TimePoint now) noexcept;
  void take_read(std::uint64_t read, bool& first) noexcept;

  int fd_;
  std::shared_ptr<NetworkLink> link_;
  TimePoint opened_;
  TimePoint sent_at_;
  TimePoint secured_at_{};
  TimePoint first_part_at_{};
  TimePoint last_part_at_{};
  TimePoint arrived_at_{};
  bool handshake_ = true;
  bool fin_ = false;                // the peer has ended its stream, which counts as a byte
  bool unanswered_ = false;         // nothing was read since something was written
  std::optional<TimePoint> began_;  // the present turn
  Duration lead_{};                 // by how much the peer had the last bytes too early: by as much its answer is
  TimePoint held_back_until_{};     // what comes till then the peer had ready before, and could not send
  std::vector<Part> parts_;         // not read yet, the oldest first
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t noted_ = 0;   // read, or waiting in parts_
  std::uint64_t booked_ = 0;  // after read_
};

}  // namespace gelombang
