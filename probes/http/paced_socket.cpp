#include "probes/http/paced_socket.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gelombang {
namespace {

// The kernel's states of a connection whose peer has ended its stream; the header that names them conflicts with
// tcp_info's.
constexpr int kCloseWait = 8;
constexpr int kLastAck = 9;
constexpr int kClosing = 11;

constexpr Duration kLate = std::chrono::milliseconds(20);  // how late a timer may be; the delay is compensated

// Bytes that are seen within this time form one part.
constexpr Duration kSameTime = std::chrono::milliseconds(1);

// The receive window closes somewhere above this many unread bytes. Bytes that come when it opens were ready before,
// and form a burst.
constexpr std::uint64_t kShut = 48 * 1024;
constexpr Duration kBurst = std::chrono::milliseconds(20);

}  // namespace

PacedSocket::PacedSocket(int fd, std::shared_ptr<NetworkLink> link, TimePoint opened)
    : fd_(fd), link_(std::move(link)), opened_(opened), sent_at_(opened + link_->rtt) {}

void PacedSocket::enlist(NetworkLink& link, const std::shared_ptr<PacedSocket>& socket) {
  std::erase_if(link.sockets, [](const auto& other) { return other.expired(); });
  link.sockets.emplace_back(socket);
}

std::shared_ptr<PacedSocket> PacedSocket::find(NetworkLink& link, std::uint16_t local_port) {
  for (const std::weak_ptr<PacedSocket>& socket : link.sockets) {
    std::shared_ptr<PacedSocket> one = socket.lock();
    if (one && one->local_port() == local_port) return one;
  }
  return nullptr;
}

void PacedSocket::begin_request(TimePoint now) {
  end_turn();
  count(now);
  if (handshake_) secured_at_ = arrived_at_;
  handshake_ = false;
  held_back_until_ = {};
}

std::uint16_t PacedSocket::local_port() const noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::uint64_t PacedSocket::waiting() const noexcept {
  int bytes = 0;
  return ioctl(fd_, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

void PacedSocket::note(std::uint64_t end, std::uint64_t waiting, TimePoint now) {
  if (end > noted_) {
    const TimePoint due = now + lead_ + link_->rtt;
    const bool held_back = now < held_back_until_;
    if (!parts_.empty() && (held_back || due - parts_.back().due < kSameTime)) {
      parts_.back().end = end;
    } else {
      parts_.push_back({end, held_back ? std::min(due, arrived_at_) : due, std::nullopt});
    }
    noted_ = end;
    if (held_back_until_ == TimePoint::max()) held_back_until_ = now + kBurst;
  }
  if (waiting >= kShut) held_back_until_ = TimePoint::max();
}

TimePoint PacedSocket::carry(Part& part, std::uint64_t bytes) noexcept {
  if (!part.begins) part.begins = std::max(part.due, link_->down.free_at());
  arrived_at_ = link_->down.carry(bytes, part.due);
  return arrived_at_;
}

std::optional<TimePoint> PacedSocket::book() noexcept {
  const std::uint64_t at = read_ + booked_;
  const auto part = std::find_if(parts_.begin(), parts_.end(), [at](const Part& one) { return one.end > at; });
  if (part == parts_.end()) return std::nullopt;
  const std::uint64_t bytes = std::min<std::uint64_t>(part->end - at, link_->down.portion());
  booked_ += bytes;
  return carry(*part, bytes);
}

void PacedSocket::settle() noexcept { link_->down.give_back(std::exchange(booked_, 0)); }

void PacedSocket::take_written(std::uint64_t written, TimePoint now) noexcept {
  if (written <= written_ + 1) return;  // the connection itself counts as one byte
  TimePoint from = began_ && now - *began_ < kLate ? *began_ : now;
  // In a handshake each side waits for the other.
  from = std::max({from, connected_at(), handshake_ ? arrived_at_ : secured_at_});
  sent_at_ = link_->up.carry(written - written_, from);
  lead_ = sent_at_ - now;
  written_ = written;
  unanswered_ = true;
}

// `first`: nothing was read in this turn yet. Set to false if anything is read.
void PacedSocket::take_read(std::uint64_t read, bool& first) noexcept {
  while (read_ < read) {
    Part& part = parts_.front();
    const std::uint64_t bytes = std::min(read, part.end) - read_;
    const std::uint64_t expected = std::min(booked_, bytes);
    booked_ -= expected;
    if (bytes > expected) carry(part, bytes - expected);
    last_part_at_ = part.begins.value_or(part.due);
    if (first) first_part_at_ = last_part_at_;
    first = false;
    read_ += bytes;
    if (read_ == part.end) parts_.erase(parts_.begin());
    unanswered_ = false;
  }
}

void PacedSocket::count(TimePoint now) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
  int queued = 0;
  if (ioctl(fd_, SIOCOUTQ, &queued) != 0) return;
  const std::uint64_t written = std::uint64_t{info.tcpi_bytes_acked} + static_cast<std::uint64_t>(std::max(queued, 0));
  const std::uint64_t left = waiting();
  fin_ = fin_ || info.tcpi_state == kCloseWait || info.tcpi_state == kLastAck || info.tcpi_state == kClosing;
  const std::uint64_t received = info.tcpi_bytes_received - (fin_ ? 1U : 0U);
  const std::uint64_t read = std::max(read_, received - std::min(left, received));
  // Bytes that were seen before this turn cannot respond to what was written in this turn. New bytes do, unless they
  // respond to what was written before.
  bool first = true;
  take_read(std::min(read, noted_), first);
  if (unanswered_) {
    note(read, 0, now);
    take_read(read, first);
  }
  take_written(written, now);
  note(read, 0, now);
  take_read(read, first);
  note(read + left, left, now);
}

}  // namespace gelombang
