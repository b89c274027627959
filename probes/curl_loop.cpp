#include "probes/curl_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace gelombang {
namespace {

namespace asio = boost::asio;

// The kernel takes no more than this beyond what it has sent, so that "written" is near "on its way".
constexpr int kNotSentLowWater = 16 * 1024;

}  // namespace

struct CurlLoop::Socket {
  Socket(asio::io_context& context, curl_socket_t descriptor, bool is_ours)
      : stream(context, descriptor), fd(descriptor), ours(is_ours) {}

  asio::posix::stream_descriptor stream;
  curl_socket_t fd;
  bool ours;  // opened by open_socket; the rest are libcurl's own, such as the resolver's pair
  bool open = true;
  bool reading = false;  // a wait is outstanding
  bool writing = false;
  int wanted = CURL_POLL_REMOVE;
};

CurlLoop::CurlLoop(asio::io_context& context, Owner& owner) : context_(context), owner_(&owner), timer_(context) {
  ensure_curl();
  multi_.reset(curl_multi_init());
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket_wish);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer_wish);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Connections are kept in each user's share, so this counts per user; browsers keep six for a host.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 6L);
  // One exchange at a time on a connection: a phase belongs to one request.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlLoop::~CurlLoop() { shut_down(); }

void CurlLoop::shut_down() {
  if (closing_) return;
  closing_ = true;
  timer_.cancel();
  multi_.reset();
  for (const std::shared_ptr<Socket>& socket : sockets_) {
    if (!socket || !socket->open) continue;
    socket->open = false;
    boost::system::error_code ignored;
    if (socket->ours) {
      socket->stream.close(ignored);
    } else {
      socket->stream.release();
    }
  }
  sockets_.clear();
}

bool CurlLoop::add(CURL* easy) { return curl_multi_add_handle(multi_.get(), easy) == CURLM_OK; }

void CurlLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  arm_changed();
}

curl_socket_t CurlLoop::open_socket(const curl_sockaddr& address) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowWater, sizeof kNotSentLowWater);
  const auto index = static_cast<std::size_t>(fd);
  try {
    if (sockets_.size() <= index) sockets_.resize(index + 1);
    sockets_[index] = std::make_shared<Socket>(context_, fd, true);
  } catch (const boost::system::system_error& error) {  // the reactor refused it
    ::close(fd);
    errno = error.code().value();
    return CURL_SOCKET_BAD;
  } catch (const std::bad_alloc&) {
    ::close(fd);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  ++open_sockets_;
  return fd;
}

int CurlLoop::close_socket(void* loop, curl_socket_t fd) {
  auto* self = static_cast<CurlLoop*>(loop);
  const auto index = static_cast<std::size_t>(fd);
  if (index >= self->sockets_.size() || !self->sockets_[index]) return ::close(fd);
  const std::shared_ptr<Socket> socket = std::move(self->sockets_[index]);
  socket->open = false;
  boost::system::error_code ignored;
  socket->stream.close(ignored);
  --self->open_sockets_;
  return 0;
}

int CurlLoop::wanted(curl_socket_t fd) const noexcept {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < sockets_.size() && sockets_[index] ? sockets_[index]->wanted : CURL_POLL_REMOVE;
}

int CurlLoop::on_socket_wish(CURL* easy, curl_socket_t fd, int what, void* loop, void*) {
  try {
    static_cast<CurlLoop*>(loop)->take_wish(easy, fd, what);
  } catch (const std::exception&) {
    // No memory or no room in the reactor for a descriptor of libcurl's own: its transfer will time out.
  }
  return 0;
}

void CurlLoop::take_wish(CURL* easy, curl_socket_t fd, int what) {
  if (closing_) return;
  const auto index = static_cast<std::size_t>(fd);
  if (sockets_.size() <= index) sockets_.resize(index + 1);
  std::shared_ptr<Socket>& socket = sockets_[index];
  if (what == CURL_POLL_REMOVE) {
    if (!socket) return;
    socket->wanted = what;
    if (!socket->ours) {  // libcurl closes it after this, and its number may be given out again at once
      socket->open = false;
      socket->stream.release();
      socket.reset();
    }
    return;
  }
  if (!socket) socket = std::make_shared<Socket>(context_, fd, false);
  socket->wanted = what;
  changed_.push_back({fd, easy});
}

void CurlLoop::arm(const std::shared_ptr<Socket>& socket) {
  if (!socket->open || socket->wanted == CURL_POLL_REMOVE) return;
  if ((socket->wanted & CURL_POLL_IN) != 0 && !socket->reading) wait(socket, Direction::read);
  if ((socket->wanted & CURL_POLL_OUT) != 0 && !socket->writing) wait(socket, Direction::write);
}

void CurlLoop::wait(const std::shared_ptr<Socket>& socket, Direction direction) {
  const bool read = direction == Direction::read;
  (read ? socket->reading : socket->writing) = true;
  const auto kind = read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  socket->stream.async_wait(kind, [weak = weak_from_this(), socket, direction](const boost::system::error_code& error) {
    (direction == Direction::read ? socket->reading : socket->writing) = false;
    if (error == asio::error::operation_aborted || !socket->open) return;
    if (const std::shared_ptr<CurlLoop> self = weak.lock()) self->on_ready(socket, direction, bool(error));
  });
}

void CurlLoop::on_ready(const std::shared_ptr<Socket>& socket, Direction direction, bool failed) {
  if (closing_) return;
  const int want = direction == Direction::read ? CURL_POLL_IN : CURL_POLL_OUT;
  if (socket->wanted == CURL_POLL_REMOVE || (socket->wanted & want) == 0) return;  // no longer of interest
  int mask = direction == Direction::read ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
  if (failed) mask |= CURL_CSELECT_ERR;
  changed_.push_back({socket->fd, nullptr});  // re-armed unless libcurl has lost interest
  act(socket->fd, mask);
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
    // A timer that fires too early costs one look; setting it anew costs a system call per request.
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
}

void CurlLoop::act(curl_socket_t fd, int mask) {
  const std::shared_ptr<CurlLoop> alive = shared_from_this();
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, mask, &running);
  for (const Wish& wish : changed_) {
    if (wish.easy != nullptr) owner_->socket_used(wish.easy, wish.fd);
  }
  owner_->round_ended();
  drain();
  arm_changed();
  owner_->deliver();
}

void CurlLoop::arm_changed() {
  for (const Wish& wish : changed_) {
    const auto index = static_cast<std::size_t>(wish.fd);
    if (index < sockets_.size() && sockets_[index]) arm(sockets_[index]);
  }
  changed_.clear();
}

void CurlLoop::drain() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_.get(), easy);
    owner_->transfer_ended(easy, code);
  }
}

}  // namespace gelombang
