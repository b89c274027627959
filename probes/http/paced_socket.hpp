// A connection of a user with a network link. Its bytes are counted where the kernel takes and gives them, so that TLS
// and HTTP/2 are paced like everything else. What the peer sends is dated when it is first seen. It is through a round
// trip later, or when the link has carried it; libcurl is told only then that the socket is ready. If libcurl reads or
// writes bytes too early all the same, they are dated as if libcurl had waited.
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

  // Makes the socket known to find().
  static void enlist(NetworkLink& link, const std::shared_ptr<PacedSocket>& socket);
  // The link's connection with this local port; null: none.
  static std::shared_ptr<PacedSocket> find(NetworkLink& link, std::uint16_t local_port);

  // When the link takes the next bytes.
  [[nodiscard]] TimePoint may_write_at() const noexcept { return link_->up.free_at(); }
  // Books the next bytes that are there, at most a portion, and returns when they are through. nullopt: there are none,
  // so libcurl must be told of the end of the stream or an error. Call it after count().
  std::optional<TimePoint> book() noexcept;
  // Gives back the booked bytes that were not read.
  void settle() noexcept;
  // libcurl's turn was due at `when`. Our timer may be late, so what libcurl writes is carried from `when` on.
  void begin_turn(TimePoint when) noexcept { began_ = when; }
  void end_turn() noexcept { began_.reset(); }
  // The handshake is over: what is written from now on is a request.
  void begin_request(TimePoint now);
  // Counts what has been written and read since the last call, and what has come.
  void count(TimePoint now);
  // The descriptor is closed, and its number may be reused.
  void closed() noexcept { fd_ = -1; }
  [[nodiscard]] int fd() const noexcept { return fd_; }  // -1: closed
  [[nodiscard]] bool in_handshake() const noexcept { return handshake_; }

  // When the connection is up: a round trip after it was opened.
  [[nodiscard]] TimePoint connected_at() const noexcept { return opened_ + link_->rtt; }
  // When the peer's last bytes of the handshake were through.
  [[nodiscard]] TimePoint secured_at() const noexcept { return secured_at_; }
  // When the link has carried everything that was written.
  [[nodiscard]] TimePoint sent_at() const noexcept { return sent_at_; }
  // When the first and the last part of the bytes read in one turn began to come through, and when all of them were
  // through.
  [[nodiscard]] TimePoint first_part_at() const noexcept { return first_part_at_; }
  [[nodiscard]] TimePoint last_part_at() const noexcept { return last_part_at_; }
  [[nodiscard]] TimePoint arrived_at() const noexcept { return arrived_at_; }

 private:
  // Bytes that were seen at one time.
  struct Part {
    std::uint64_t end = 0;            // offset in the stream
    TimePoint due;                    // without the link's bandwidth
    std::optional<TimePoint> begins;  // on the link, once that is known
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
  Duration lead_{};                 // how much too early the peer had the last bytes; its response is early by as much
  TimePoint held_back_until_{};     // bytes that come until then were ready before, but the peer could not send them
  std::vector<Part> parts_;         // not read yet, the oldest first
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t noted_ = 0;   // read, or waiting in parts_
  std::uint64_t booked_ = 0;  // after read_
};

}  // namespace gelombang
