#include "tests/support/tcp_gate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <iterator>
#include <list>
#include <stdexcept>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;
using namespace std::chrono_literals;

constexpr std::size_t kChunk = 16 * 1024;
constexpr std::size_t kHeld = 4 * 1024 * 1024;  // bytes held for a delayed direction
constexpr int kSegment = 1448;                  // as on Ethernet; loopback's 64 KB would not fit the small buffers

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Limits the bytes that may wait in the kernel for a throttled direction. The limit must be set before the connection
// is made, because an offered window cannot be taken back without losses.
void limit_buffer(int fd, std::uint64_t bandwidth) {
  if (bandwidth == 0) return;
  const int buffer = static_cast<int>(std::clamp<std::uint64_t>(bandwidth / 400, 2048, 1 << 20));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  const int window = std::max(buffer, 2 * kSegment);
  setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &window, sizeof window);
}

void close_hard(int fd) {
  const linger hard{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd);
}

}  // namespace

// One direction of a connection.
struct TcpGate::Pipe {
  struct Chunk {
    Moment due;
    std::string bytes;
    std::size_t sent = 0;
  };

  int from = -1;
  int to = -1;
  std::deque<Chunk> queue;
  std::size_t held = 0;
  std::uint64_t passed = 0;
  Moment next_read{};
  bool ended = false;      // `from` has sent its FIN
  bool shut = false;       // `to` was told of the end
  bool truncated = false;  // further data is discarded

  [[nodiscard]] bool wants_read(Moment now, const Faults& faults, const Faults::OneWay& way) const {
    if (ended || (faults.frozen && !faults.swallowing)) return false;
    return now >= next_read && held < (way.delay > 0ms ? kHeld : kChunk);
  }
  [[nodiscard]] bool wants_write(Moment now, const Faults& faults) const {
    return !queue.empty() && queue.front().due <= now && !faults.frozen;
  }
  // The next moment at which the clock alone lets this pipe read or write.
  [[nodiscard]] Moment next(Moment now) const {
    Moment when = Moment::max();
    if (!ended && next_read > now) when = next_read;
    if (!queue.empty() && queue.front().due > now) when = std::min(when, queue.front().due);
    return when;
  }
  // False: the connection is broken.
  bool read(Moment now, const Faults& faults, const Faults::OneWay& way);
  bool write(const Faults::OneWay& way, std::atomic<std::uint64_t>& total);
  void finish();
};

struct TcpGate::Link {
  Pipe up;
  Pipe down;

  [[nodiscard]] int client() const { return up.from; }
  [[nodiscard]] int target() const { return up.to; }
};

struct TcpGate::Links {
  std::list<Link> all;
};

bool TcpGate::Pipe::read(Moment now, const Faults& faults, const Faults::OneWay& way) {
  std::array<char, kChunk> bytes{};
  std::size_t room = kChunk;
  if (way.bandwidth > 0) room = std::clamp<std::size_t>(way.bandwidth / 400, 256, kChunk);  // 2.5 ms of the bandwidth
  const ssize_t got = ::recv(from, bytes.data(), room, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) {
    ended = true;
    return true;
  }
  const auto count = static_cast<std::size_t>(got);
  if (way.bandwidth > 0) {
    // A pipe that is a little late catches up, so that our own delays do not change the rate. An idle pipe starts anew.
    const Moment begin = now - next_read < 50ms ? next_read : now;
    next_read = begin + std::chrono::nanoseconds(count * 1'000'000'000 / way.bandwidth);
  }
  if (faults.swallowing || truncated) return true;
  queue.push_back({now + way.delay, std::string(bytes.data(), count)});
  held += count;
  return true;
}

bool TcpGate::Pipe::write(const Faults::OneWay& way, std::atomic<std::uint64_t>& total) {
  Chunk& chunk = queue.front();
  std::size_t count = chunk.bytes.size() - chunk.sent;
  const std::uint64_t limit = std::min(way.reset_after, way.truncate_after);
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, limit - std::min(limit, passed)));
  if (count > 0) {
    const ssize_t sent = ::send(to, chunk.bytes.data() + chunk.sent, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    const auto done = static_cast<std::size_t>(sent);
    chunk.sent += done;
    held -= done;
    passed += done;
    total += done;
    if (chunk.sent == chunk.bytes.size()) queue.pop_front();
  }
  if (passed >= way.reset_after) return false;
  if (passed >= way.truncate_after) {
    truncated = true;
    queue.clear();
    held = 0;
    if (!shut) ::shutdown(to, SHUT_WR);
    shut = true;
  }
  return true;
}

void TcpGate::Pipe::finish() {
  if (!ended || shut || !queue.empty()) return;
  shut = true;
  ::shutdown(to, SHUT_WR);
}

TcpGate::TcpGate(std::uint16_t target_port) : target_port_(target_port), links_(std::make_unique<Links>()) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  waker_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  setsockopt(listener_, IPPROTO_TCP, TCP_MAXSEG, &kSegment, sizeof kSegment);
  if (listener_ < 0 || waker_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 4096) != 0 || getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the gate cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpGate::~TcpGate() {
  stopping_ = true;
  wake();
  thread_.join();
  for (const Link& link : links_->all) {
    ::close(link.client());
    ::close(link.target());
  }
  ::close(listener_);
  ::close(waker_);
}

std::string TcpGate::url(const std::string& path, const std::string& scheme) const {
  return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
}

void TcpGate::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(waker_, &one, sizeof one);
}

void TcpGate::change(const std::function<void(Faults&)>& how) {
  {
    const std::lock_guard lock(mutex_);
    how(faults_);
  }
  wake();
}

void TcpGate::delay(Direction direction, std::chrono::milliseconds by) {
  change([=](Faults& faults) { (direction == Direction::up ? faults.up : faults.down).delay = by; });
}
void TcpGate::throttle(Direction direction, std::uint64_t bytes_per_second) {
  if (direction == Direction::up) limit_buffer(listener_, bytes_per_second);  // accepted sockets inherit the limit
  change([=](Faults& faults) { (direction == Direction::up ? faults.up : faults.down).bandwidth = bytes_per_second; });
}
void TcpGate::freeze(bool on) {
  change([=](Faults& faults) { faults.frozen = on; });
}
void TcpGate::swallow(bool on) {
  change([=](Faults& faults) { faults.swallowing = on; });
}
void TcpGate::reset_after(Direction direction, std::uint64_t bytes) {
  change([=](Faults& faults) { (direction == Direction::up ? faults.up : faults.down).reset_after = bytes; });
}
void TcpGate::truncate_after(Direction direction, std::uint64_t bytes) {
  change([=](Faults& faults) { (direction == Direction::up ? faults.up : faults.down).truncate_after = bytes; });
}
void TcpGate::reset_new(bool on) {
  change([=](Faults& faults) { faults.resetting_new = on; });
}
void TcpGate::reset_all() {
  {
    const std::lock_guard lock(mutex_);
    reset_all_ = true;
  }
  wake();
}
void TcpGate::heal() {
  change([](Faults& faults) { faults = Faults{}; });
}

void TcpGate::accept_one(const Faults& faults) {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  ++accepted_;
  if (faults.resetting_new) {
    close_hard(client);
    return;
  }
  const int target = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(target, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(target, IPPROTO_TCP, TCP_MAXSEG, &kSegment, sizeof kSegment);
  limit_buffer(target, faults.down.bandwidth);
  const sockaddr_in address = loopback(target_port_);
  if (target < 0 ||
      (::connect(target, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)) {
    close_hard(client);
    if (target >= 0) ::close(target);
    return;
  }
  Link link;
  link.up.from = link.down.to = client;
  link.up.to = link.down.from = target;
  links_->all.push_back(std::move(link));
}

// Returns whether the link stays open.
bool TcpGate::turn(Link& link, const Faults& faults, short from_client, short from_target) {
  constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
  const Moment now = SteadyClock::now();
  bool good = true;
  if ((from_client & kReadable) != 0 && link.up.wants_read(now, faults, faults.up)) {
    good = link.up.read(now, faults, faults.up);
  }
  if (good && (from_target & kReadable) != 0 && link.down.wants_read(now, faults, faults.down)) {
    good = link.down.read(now, faults, faults.down);
  }
  if (good && (from_target & POLLOUT) != 0 && link.up.wants_write(now, faults)) {
    good = link.up.write(faults.up, passed_up_);
  }
  if (good && (from_client & POLLOUT) != 0 && link.down.wants_write(now, faults)) {
    good = link.down.write(faults.down, passed_down_);
  }
  if (!good || (from_client & POLLERR) != 0 || (from_target & POLLERR) != 0) {
    close_hard(link.client());
    close_hard(link.target());
    return false;
  }
  link.up.finish();
  link.down.finish();
  if (!link.up.shut || !link.down.shut) return true;
  ::close(link.client());
  ::close(link.target());
  return false;
}

TcpGate::Faults TcpGate::take_orders() {
  std::unique_lock lock(mutex_);
  const Faults faults = faults_;
  const bool reset = std::exchange(reset_all_, false);
  lock.unlock();
  if (reset) {
    for (const Link& link : links_->all) {
      close_hard(link.client());
      close_hard(link.target());
    }
    links_->all.clear();
  }
  return faults;
}

void TcpGate::run() {
  std::vector<pollfd> entries;
  std::list<Link>& links = links_->all;
  while (!stopping_) {
    const Faults faults = take_orders();
    open_ = links.size();
    const Moment now = SteadyClock::now();
    Moment next = Moment::max();
    entries.assign({{waker_, POLLIN, 0}, {listener_, POLLIN, 0}});
    const auto events = [&](const Pipe& in, const Pipe& out, const Faults::OneWay& way) {
      return static_cast<short>((in.wants_read(now, faults, way) ? POLLIN : 0) |
                                (out.wants_write(now, faults) ? POLLOUT : 0));
    };
    for (const Link& link : links) {
      entries.push_back({link.client(), events(link.up, link.down, faults.up), 0});
      entries.push_back({link.target(), events(link.down, link.up, faults.down), 0});
      next = std::min({next, link.up.next(now), link.down.next(now)});
    }
    timespec wait{60, 0};
    if (next != Moment::max()) {
      const auto left = std::max<std::chrono::nanoseconds>(next - now, 0ns);
      wait = {static_cast<time_t>(left / 1s), static_cast<long>((left % 1s).count())};
    }
    ::ppoll(entries.data(), entries.size(), &wait, nullptr);

    std::uint64_t ignored = 0;
    // If a command and an event arrive together, the command counts as earlier.
    if (::read(waker_, &ignored, sizeof ignored) > 0) continue;
    std::size_t index = 2;
    for (auto link = links.begin(); link != links.end(); index += 2) {
      link =
          turn(*link, faults, entries[index].revents, entries[index + 1].revents) ? std::next(link) : links.erase(link);
    }
    if ((entries[1].revents & POLLIN) != 0) accept_one(faults);
  }
}

}  // namespace gelombang::test
