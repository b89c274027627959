// How the loop keeps libcurl away from sockets whose links have not carried the bytes yet. A held wish is still
// libcurl's wish, but its descriptor is not watched for it until its time has come.
#include "probes/http/curl_loop.hpp"

#include <sys/epoll.h>

#include <chrono>
#include <utility>

namespace gelombang {

std::shared_ptr<PacedSocket> CurlLoop::paced(curl_socket_t fd) const noexcept {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < sockets_.size() ? sockets_[index].paced : nullptr;
}

CURLcode CurlLoop::resume(CURL* easy) {
  const CURLcode code = curl_easy_pause(easy, CURLPAUSE_CONT);
  register_changed();
  return code;
}

// The part of `mask` (CURL_CSELECT_*) that libcurl may hear of now; the rest is held. A broken connection is reported
// at once.
int CurlLoop::admitted(curl_socket_t fd, int mask, std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return mask;
  const TimePoint now = std::chrono::steady_clock::now();
  PacedSocket& paced = *sockets_[static_cast<std::size_t>(fd)].paced;
  paced.count(now);  // also what was written in a round that another socket or a timer began
  if ((mask & CURL_CSELECT_OUT) != 0 && paced.may_write_at() > now) {
    hold(fd, CURL_POLL_OUT, paced.may_write_at());
    mask &= ~CURL_CSELECT_OUT;
  }
  if ((mask & CURL_CSELECT_IN) != 0) {
    if ((sockets_[static_cast<std::size_t>(fd)].held & CURL_POLL_IN) != 0) {
      mask &= ~CURL_CSELECT_IN;  // more has come, and is dated now
    } else if (const std::optional<TimePoint> arrives = paced.book()) {
      hold(fd, CURL_POLL_IN, *arrives);
      mask &= ~CURL_CSELECT_IN;
    }
  }
  return mask;
}

// Called after libcurl's turn, in which libcurl may have closed the descriptor.
void CurlLoop::count_paced(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size() || !sockets_[index].paced) return;
  const TimePoint now = std::chrono::steady_clock::now();
  PacedSocket& paced = *sockets_[index].paced;
  paced.count(now);
  paced.end_turn();
  // More will be written. Hold it without asking the kernel, which would say at once that there is room.
  if ((sockets_[index].wanted & CURL_POLL_OUT) != 0 && (sockets_[index].held & CURL_POLL_OUT) == 0 &&
      paced.may_write_at() > now) {
    hold(fd, CURL_POLL_OUT, paced.may_write_at());
  }
}

void CurlLoop::date_arrivals(curl_socket_t fd, bool dated) {
  if (closing_ || fd < 0) return;
  Socket& socket = sockets_[static_cast<std::size_t>(fd)];
  if (socket.dated == dated) return;
  socket.dated = dated;
  dated ? ++dated_ : --dated_;
  if (dated) register_events(fd, events_of(socket));
  wait();
}

void CurlLoop::hold(curl_socket_t fd, int what, TimePoint until) {
  Socket& socket = sockets_[static_cast<std::size_t>(fd)];
  held_waits_.push({until, fd, socket.generation, what});
  socket.held |= what;
  register_events(fd, events_of(socket));
  arm_pacing();
}

void CurlLoop::arm_pacing() {
  if (closing_ || held_waits_.empty()) return;
  const TimePoint when = held_waits_.top().when;
  if (pacing_armed_ && *pacing_armed_ <= when) return;
  pacing_armed_ = when;
  pacing_timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(when));
  pacing_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<CurlLoop> self = weak.lock();
    if (error || !self || self->closing_) return;
    self->pacing_armed_.reset();
    self->release_held_waits();
  });
}

void CurlLoop::release_held_waits() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!closing_ && !held_waits_.empty() && held_waits_.top().when <= now) {
    const HeldWait held = held_waits_.top();
    held_waits_.pop();
    const Socket& socket = sockets_[static_cast<std::size_t>(held.fd)];
    if (socket.open && socket.generation == held.generation && socket.paced) release(held);
  }
  arm_pacing();
}

void CurlLoop::release(const HeldWait& held) {
  Socket& socket = sockets_[static_cast<std::size_t>(held.fd)];
  const std::shared_ptr<PacedSocket> paced = socket.paced;
  socket.held &= ~held.what;
  if ((socket.wanted & held.what) == 0) {  // its transfer has ended meanwhile
    if (held.what == CURL_POLL_IN) paced->settle();
    return;
  }
  paced->begin_turn(held.when);
  act(held.fd, held.what == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  owner_->deliver();
  if (closing_) return;
  const auto index = static_cast<std::size_t>(held.fd);  // libcurl may have closed it, or others have been opened
  if (held.what == CURL_POLL_IN) paced->settle();
  if (!sockets_[index].open || sockets_[index].generation != held.generation) return;
  if (held.what == CURL_POLL_IN && (sockets_[index].wanted & CURL_POLL_IN) != 0) {
    if (const std::optional<TimePoint> arrives = paced->book()) {
      hold(held.fd, CURL_POLL_IN, *arrives);
      return;
    }
  }
  if (const std::uint32_t events = events_of(sockets_[index]); events != 0) register_events(held.fd, events);
}

}  // namespace gelombang
