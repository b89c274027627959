#include "probes/paced_socket.hpp"

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

constexpr std::uint64_t kSegment = 1460;
constexpr Duration kLate = std::chrono::milliseconds(20);  // that a timer may be, and is made up for

}  // namespace

PacedSocket::PacedSocket(int fd, std::shared_ptr<NetworkLink> link, TimePoint opened)
    : fd_(fd), link_(std::move(link)), opened_(opened), sent_at_(opened + link_->rtt) {}

std::shared_ptr<PacedSocket> PacedSocket::find(NetworkLink& link, std::uint16_t local_port) {
  std::erase_if(link.sockets, [](const auto& socket) { return socket.expired(); });
  for (const std::weak_ptr<PacedSocket>& socket : link.sockets) {
    std::shared_ptr<PacedSocket> one = socket.lock();
    if (one && one->local_port() == local_port) return one;
  }
  return nullptr;
}

void PacedSocket::begin_request(TimePoint now) {
  end_turn();
  count(now);
  handshake_ = false;
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

TimePoint PacedSocket::book(std::uint64_t bytes, TimePoint from) noexcept {
  booked_ += bytes;
  arrived_at_ = link_->down.carry(bytes, from);
  return arrived_at_;
}

std::optional<TimePoint> PacedSocket::book_read(TimePoint now) {
  const std::uint64_t bytes = waiting();
  if (bytes == 0) return std::nullopt;
  // The peer answers what it had too early: by as much its answer is too early as well.
  return book(std::min(bytes, kSegment), now + lead_ + link_->rtt);
}

std::optional<TimePoint> PacedSocket::book_next() {
  const std::uint64_t bytes = waiting();
  if (bytes == 0) return std::nullopt;
  return book(std::min<std::uint64_t>(bytes, link_->down.portion()), link_->down.free_at());
}

void PacedSocket::count(TimePoint now) {
  const TimePoint began = began_ && now - *began_ < kLate ? *began_ : now;
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
  int queued = 0;
  if (ioctl(fd_, SIOCOUTQ, &queued) != 0) return;
  const std::uint64_t acknowledged = info.tcpi_bytes_acked;
  const std::uint64_t written = acknowledged + static_cast<std::uint64_t>(std::max(queued, 0));
  const bool wrote = written > written_ + 1;  // the handshake counts as one
  if (wrote) {
    sent_at_ = link_->up.carry(written - written_, std::max({began, connected_at(), unasked_at_}));
    awaiting_ = true;
    lead_ = std::max(Duration::zero(), sent_at_ - now);
    written_ = written;
  }
  const std::uint64_t left = waiting();
  const std::uint64_t received = info.tcpi_bytes_received;
  const std::uint64_t read = received - std::min(left, received);
  if (read > read_) {
    const std::uint64_t expected = std::min(booked_, read - read_);
    booked_ -= expected;
    // libcurl may find an answer by itself, at once: it comes a round trip after what it answers all the same. Beside
    // bytes that were booked it is the answer to what was written in this turn.
    const bool unasked = awaiting_ && (expected == 0 || (wrote && read - read_ > expected));
    const TimePoint from = unasked ? std::max(began, sent_at_ + link_->rtt) : began;
    if (awaiting_) answer_at_ = from;
    if (read - read_ > expected) arrived_at_ = link_->down.carry(read - read_ - expected, from);
    if (unasked && handshake_) unasked_at_ = arrived_at_;
    awaiting_ = false;
    read_ = read;
  }
}

void PacedSocket::settle() noexcept { link_->down.give_back(std::exchange(booked_, 0)); }

}  // namespace gelombang
