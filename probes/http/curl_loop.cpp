#include "probes/http/curl_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace gelombang {
namespace {

namespace asio = boost::asio;

// The kernel takes at most this many bytes that it has not sent yet, so that "written" is near "on its way".
constexpr int kNotSentLowWater = 16 * 1024;

// IP_LOCAL_PORT_RANGE (Linux 6.3), and a range that leaves the machine's range unchanged. With any range, Linux tries
// all ports in turn. Otherwise Linux tries every second port first; once these are used, it tries all of them in vain
// for each connection, which costs milliseconds of CPU time.
constexpr int kLocalPortRange = 51;
constexpr std::uint32_t kAnyPort = 65535U << 16 | 1;

// The peer notices a slow reader because no more than this many bytes can wait unread.
constexpr int kPacedReceiveBuffer = 64 * 1024;

// Descriptors that are handled before the loop's timers and posts get their turn again.
constexpr int kBatch = 64;

// This many of them are read before their responses are delivered, because repeating the same work is faster. Not all
// of them, because responses that wait leave the CPU caches.
constexpr int kDelivered = 16;

std::uint64_t tag_of(curl_socket_t fd, std::uint32_t generation) noexcept {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
}

// The inode of the socket that has this number now; 0: there is none.
ino_t inode_of(int fd) noexcept {
  struct stat about {};
  return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) ? about.st_ino : 0;
}

int make_epoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  return fd;
}

}  // namespace

CurlLoop::CurlLoop(asio::io_context& context, Owner& owner)
    : context_(context), owner_(&owner), timer_(context), epoll_(context, make_epoll()), pacing_timer_(context) {
  ensure_curl();
  multi_.reset(curl_multi_init());
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket_wish);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer_wish);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Each user's share keeps the connections, so this limit is per user; browsers keep six per host.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 6L);
  // One exchange at a time on a connection, so that a phase belongs to one request.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlLoop::~CurlLoop() { shut_down(); }

void CurlLoop::shut_down() {
  if (closing_) return;
  closing_ = true;
  timer_.cancel();
  pacing_timer_.cancel();
  multi_.reset();
  for (std::size_t fd = 0; fd < sockets_.size(); ++fd) {
    if (sockets_[fd].ours && current(sockets_[fd], static_cast<int>(fd))) ::close(static_cast<int>(fd));
  }
  sockets_.clear();
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

bool CurlLoop::add(CURL* easy) { return curl_multi_add_handle(multi_.get(), easy) == CURLM_OK; }

void CurlLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  std::erase(given_up_, easy);
  register_changed();
  std::erase(lost_, easy);
}

void CurlLoop::nudge(CURL* easy) {
  curl_easy_pause(easy, CURLPAUSE_RECV);  // libcurl ignores a call that changes nothing
  curl_easy_pause(easy, CURLPAUSE_CONT);
}

CurlLoop::Socket& CurlLoop::socket_of(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (sockets_.size() <= index) sockets_.resize(index + 1);
  return sockets_[index];
}

curl_socket_t CurlLoop::open_socket(CURL* easy, const curl_sockaddr& address,
                                    const std::shared_ptr<NetworkLink>& link) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowWater, sizeof kNotSentLowWater);
  setsockopt(fd, IPPROTO_IP, kLocalPortRange, &kAnyPort, sizeof kAnyPort);  // an older kernel works without it
  try {
    Socket& socket = socket_of(fd);
    forget(socket);  // the kernel has reused the number, so the old socket is closed
    opened_.push_back({fd, easy, socket.generation});
    if (link) {
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kPacedReceiveBuffer, sizeof kPacedReceiveBuffer);
      auto paced = std::make_shared<PacedSocket>(fd, link, std::chrono::steady_clock::now());
      PacedSocket::enlist(*link, paced);
      socket.paced = std::move(paced);
    }
    socket.open = socket.ours = true;
    socket.inode = inode_of(fd);
  } catch (const std::bad_alloc&) {
    ::close(fd);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  ++open_sockets_;
  // The first wait is for the connection. If the kernel refuses it, failing now avoids a transfer that hangs later.
  if (register_events(fd, EPOLLOUT)) return fd;
  const int reason = errno;
  close_socket(this, fd);
  errno = reason;
  return CURL_SOCKET_BAD;
}

int CurlLoop::close_socket(void* loop, curl_socket_t fd) {
  auto* self = static_cast<CurlLoop*>(loop);
  const auto index = static_cast<std::size_t>(fd);
  if (index >= self->sockets_.size() || !self->sockets_[index].open) return ::close(fd);
  Socket& socket = self->sockets_[index];
  self->set_wanted(socket, CURL_POLL_REMOVE);
  self->forget(socket);
  return ::close(fd);  // which also removes it from the epoll set
}

// Whether this number of ours is still the same socket.
bool CurlLoop::current(const Socket& socket, curl_socket_t fd) const noexcept { return inode_of(fd) == socket.inode; }

// The socket is closed, or about to be. `wanted` stays: only libcurl takes back what it waits for on the number.
void CurlLoop::forget(Socket& socket) noexcept {
  if (!socket.open) return;
  if (socket.paced) socket.paced->closed();
  if (socket.dated) --dated_;
  if (socket.ours) --open_sockets_;
  socket = Socket{.wanted = socket.wanted, .generation = socket.generation + 1};
}

// libcurl may have closed some sockets before it began to wait for them.
void CurlLoop::look_at_opened() {
  for (const Wish& opened : opened_) {
    Socket& socket = sockets_[static_cast<std::size_t>(opened.fd)];
    if (socket.ours && !socket.made && !current(socket, opened.fd)) forget(socket);
    if (socket.generation != opened.generation) lost_.push_back(opened.easy);
  }
  opened_.clear();
}

int CurlLoop::wanted(curl_socket_t fd) const noexcept {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < sockets_.size() ? sockets_[index].wanted : CURL_POLL_REMOVE;
}

std::uint32_t CurlLoop::generation(curl_socket_t fd) const noexcept {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < sockets_.size() ? sockets_[index].generation : 0;
}

void CurlLoop::set_wanted(Socket& socket, int what) noexcept {
  if (socket.wanted == CURL_POLL_REMOVE && what != CURL_POLL_REMOVE) ++wanted_;
  if (socket.wanted != CURL_POLL_REMOVE && what == CURL_POLL_REMOVE) --wanted_;
  socket.wanted = what;
}

int CurlLoop::on_socket_wish(CURL* easy, curl_socket_t fd, int what, void* loop, void*) {
  // An internal handle of libcurl (8.14 closes connections with one) has no owner to be told.
  char* owner = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  if (owner == nullptr) easy = nullptr;
  try {
    static_cast<CurlLoop*>(loop)->take_wish(easy, fd, what);
  } catch (const std::exception&) {
    static_cast<CurlLoop*>(loop)->give_up(easy);  // no memory for a descriptor of libcurl's own
  }
  return 0;
}

void CurlLoop::take_wish(CURL* easy, curl_socket_t fd, int what) {
  if (closing_) return;
  Socket& socket = socket_of(fd);
  set_wanted(socket, what);
  socket.easy = what == CURL_POLL_REMOVE ? nullptr : easy;
  if (socket.ours && !socket.made) {
    if (what == CURL_POLL_REMOVE && easy != nullptr) lost_.push_back(easy);
    if (!current(socket, fd)) forget(socket);
  }
  if (what != CURL_POLL_REMOVE) {
    socket.open = true;
    // Before a connection is made, libcurl waits only for room to write.
    socket.made = socket.made || (socket.ours && (what & CURL_POLL_IN) != 0);
    changed_.push_back({fd, easy, socket.generation});
  } else if (!socket.ours) {  // libcurl closes it next, and the kernel may reuse its number at once
    register_events(fd, 0);
    socket = Socket{.generation = socket.generation + 1};
  }
}

std::uint32_t CurlLoop::events_of(const Socket& socket) noexcept {
  const int asked = socket.wanted & ~socket.held & CURL_POLL_INOUT;
  // Bytes that come while reading is held are not told to libcurl, but dated: once for each arrival.
  const bool dated = socket.dated || (socket.wanted & socket.held & CURL_POLL_IN) != 0;
  if (asked == 0 && dated) return EPOLLIN | EPOLLET;
  return ((asked & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((asked & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
}

// False, with errno set, on failure. If the kernel has no room, the transfer that waits for the descriptor is given up.
bool CurlLoop::register_events(curl_socket_t fd, std::uint32_t events) noexcept {
  Socket& socket = sockets_[static_cast<std::size_t>(fd)];
  if (socket.registered == events) return true;
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag_of(fd, socket.generation);
  const int operation = events == 0 ? EPOLL_CTL_DEL : socket.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_.native_handle(), operation, fd, &event) != 0) {
    const int reason = errno;
    if (reason == ENOSPC || reason == ENOMEM) give_up(socket.easy);  // otherwise it is closed, and libcurl knows
    errno = reason;
    return false;
  }
  socket.registered = events;
  return true;
}

// Takes effect in the next round, because libcurl may be at work now.
void CurlLoop::give_up(CURL* easy) noexcept {
  if (easy == nullptr || std::find(given_up_.begin(), given_up_.end(), easy) != given_up_.end()) return;
  try {
    given_up_.push_back(easy);
    kick_soon();
  } catch (const std::exception&) {
    // No memory even for that: the transfer's time limit ends it.
  }
}

void CurlLoop::register_changed() {
  look_at_opened();
  for (const Wish& wish : changed_) {
    const auto index = static_cast<std::size_t>(wish.fd);
    if (index >= sockets_.size() || !sockets_[index].open) continue;
    const Socket& socket = sockets_[index];
    const std::uint32_t events = events_of(socket);
    if (events != 0 || socket.held != 0) register_events(wish.fd, events);
  }
  changed_.clear();
  wait();
}

// While libcurl waits for nothing and nothing is dated, no wait of ours keeps the io_context busy.
void CurlLoop::wait() {
  if (closing_) return;
  if (wanted_ == 0 && dated_ == 0) {
    boost::system::error_code ignored;
    if (waiting_) epoll_.cancel(ignored);
    return;
  }
  if (waiting_) return;
  waiting_ = true;
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [weak = weak_from_this()](const boost::system::error_code& error) {
                      const std::shared_ptr<CurlLoop> self = weak.lock();
                      if (!self || self->closing_) return;
                      if (!error) self->on_ready();
                      self->waiting_ = false;
                      self->wait();  // also after a cancel: it may be wanted again by now
                    });
}

void CurlLoop::on_ready() {
  std::array<epoll_event, kBatch> events{};
  const int count = epoll_wait(epoll_.native_handle(), events.data(), kBatch, 0);
  for (int i = 0; i < count && !closing_; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    on_event(event.data.u64, event.events);
    if (!closing_ && (i + 1 == count || (i + 1) % kDelivered == 0)) owner_->deliver();
  }
}

void CurlLoop::on_event(std::uint64_t tag, std::uint32_t events) {
  const auto fd = static_cast<curl_socket_t>(tag & 0xffffffff);
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size() || !sockets_[index].open || tag != tag_of(fd, sockets_[index].generation)) return;
  constexpr std::uint32_t kEnd = EPOLLERR | EPOLLHUP;
  const int wanted = sockets_[index].wanted;
  int mask = 0;
  if ((wanted & CURL_POLL_IN) != 0 && (events & (EPOLLIN | kEnd)) != 0) mask |= CURL_CSELECT_IN;
  if ((wanted & CURL_POLL_OUT) != 0 && (events & (EPOLLOUT | kEnd)) != 0) mask |= CURL_CSELECT_OUT;
  const bool asked = mask != 0;
  if (asked && sockets_[index].paced) mask = admitted(fd, mask, events);
  if (mask != 0) {
    act(fd, mask);
  } else if (asked) {
    return;  // held
  } else if (sockets_[index].dated) {
    register_events(fd, events_of(sockets_[index]));  // the wish behind this registration may be gone
    count_paced(fd);
  } else if (wanted == CURL_POLL_REMOVE) {
    // The server closes an idle connection: remove it from the set until libcurl comes back to it. Do not remove it for
    // an event of a wish that has changed since: libcurl would not repeat its new wish.
    register_events(fd, 0);
  }
}

int CurlLoop::on_timer_wish(CURLM*, long timeout_ms, void* loop) {
  auto* self = static_cast<CurlLoop*>(loop);
  if (self->closing_) return 0;
  if (timeout_ms < 0) {
    self->wanted_time_.reset();
  } else if (timeout_ms == 0) {
    self->wanted_time_.reset();
    self->kick_soon();
  } else {
    self->wanted_time_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    // A timer that fires too early costs one check; setting it again would cost a system call per request.
    if (!self->armed_time_ || *self->wanted_time_ < *self->armed_time_) self->arm_timer(*self->wanted_time_);
  }
  return 0;
}

void CurlLoop::kick_soon() {
  if (kick_posted_) return;
  kick_posted_ = true;
  asio::post(context_, [weak = weak_from_this()] {
    const std::shared_ptr<CurlLoop> self = weak.lock();
    if (!self || self->closing_) return;
    self->kick_posted_ = false;
    self->act(CURL_SOCKET_TIMEOUT, 0);
    self->owner_->deliver();
  });
}

void CurlLoop::arm_timer(TimePoint when) {
  armed_time_ = when;
  timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(when));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    const std::shared_ptr<CurlLoop> self = weak.lock();
    if (self && !self->closing_) self->on_timer();
  });
}

void CurlLoop::on_timer() {
  const TimePoint now = std::chrono::steady_clock::now();
  if (armed_time_ && now < *armed_time_) return;  // a newer wait is under way
  armed_time_.reset();
  if (!wanted_time_) return;
  if (now < *wanted_time_) {
    arm_timer(*wanted_time_);
    return;
  }
  wanted_time_.reset();
  act(CURL_SOCKET_TIMEOUT, 0);
  owner_->deliver();
}

void CurlLoop::act(curl_socket_t fd, int mask) {
  int running = 0;
  CURL* const served = fd == CURL_SOCKET_TIMEOUT ? nullptr : sockets_[static_cast<std::size_t>(fd)].easy;
  curl_multi_socket_action(multi_.get(), fd, mask, &running);
  if (served != nullptr && sockets_[static_cast<std::size_t>(fd)].easy == served && owner_->session_ended(served)) {
    curl_multi_socket_action(multi_.get(), fd, CURL_CSELECT_IN, &running);
  }
  if (fd != CURL_SOCKET_TIMEOUT) count_paced(fd);
  look_at_opened();
  for (const Wish& wish : changed_) {
    const Socket& socket = sockets_[static_cast<std::size_t>(wish.fd)];
    if (socket.generation != wish.generation) continue;  // closed, and another socket has the number by now
    if (wish.fd != fd) count_paced(wish.fd);
    if (socket.wanted != CURL_POLL_REMOVE && wish.easy != nullptr) owner_->socket_used(wish.easy, wish.fd);
  }
  owner_->round_ended();
  drain();
  for (CURL* const easy : std::exchange(lost_, {})) owner_->attempt_lost(easy);
  for (CURL* const easy : std::exchange(given_up_, {})) owner_->wait_failed(easy);
  register_changed();
  owner_->turn_ended();
}

void CurlLoop::drain() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_.get(), easy);
    std::erase(lost_, easy);
    std::erase(given_up_, easy);
    owner_->transfer_ended(easy, code);
  }
}

}  // namespace gelombang
