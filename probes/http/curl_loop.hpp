// libcurl's multi interface under one io_context. Descriptors are in an epoll set of our own, which the io_context
// watches as one descriptor. So a system call is needed only when libcurl changes what it waits for; a wait through the
// reactor would cost one each time. A descriptor stays in the set until libcurl closes it, because libcurl says
// "remove" at the end of every transfer, although the connection goes back to its pool.
//
// libcurl's callbacks only record what libcurl wants; the loop carries it out when libcurl has returned.
//
// If a connection was never made, libcurl closes its socket silently (7.88, cf_socket_close: "we did never publish
// it"): after a connect timeout, for the slower of two addresses, for a removed transfer. Until a connection is made,
// the loop therefore checks by the socket's inode whether a number is still that socket: whenever libcurl says
// something about the number, and at the end of the round that opened the socket. libcurl always says something then:
// it compares what it waits for right after a transfer's turn, and before the next one's.
#pragma once

#include "base/clock.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/paced_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

namespace gelombang {

class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  // All are called on the io_context's thread, outside of libcurl.
  class Owner {
   public:
    virtual ~Owner() = default;
    // In the round that has just ended, libcurl began to wait for this descriptor for this handle.
    virtual void socket_used(CURL* easy, curl_socket_t fd) = 0;
    // libcurl has returned from a round of work.
    virtual void round_ended() = 0;
    // A connection attempt failed or lost to another one, and the transfer goes on.
    virtual void attempt_lost(CURL* easy) = 0;
    // The kernel has no memory to watch a descriptor that the handle waits for: the handle would wait for ever.
    virtual void wait_failed(CURL* easy) = 0;
    // Whether libcurl has ended the session of the handle's exchange, but would report it only after the peer's next
    // bytes.
    virtual bool session_ended(CURL* easy) = 0;
    // The handle's transfer has ended, and the handle is no longer in the multi. Must not run the user's callbacks.
    virtual void transfer_ended(CURL* easy, CURLcode code) = 0;
    // All events of this round are processed. More sockets may be waiting for their turn; must not destroy the loop.
    virtual void turn_ended() = 0;
    // After some rounds: the place to run the user's callbacks.
    virtual void deliver() = 0;
  };

  CurlLoop(boost::asio::io_context& context, Owner& owner);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  [[nodiscard]] bool add(CURL* easy);
  // Ends a transfer; transfer_ended is not called for it.
  void remove(CURL* easy);
  // Makes libcurl continue a transfer that has no connection yet: after a failed attempt, libcurl does not go on to the
  // next address of the same family by itself.
  void nudge(CURL* easy);
  // Resumes a transfer whose write callback returned CURL_WRITEFUNC_PAUSE. Not from a callback of libcurl.
  [[nodiscard]] CURLcode resume(CURL* easy);
  // Dates what comes on a paced socket while libcurl has paused its transfer. No effect on -1.
  void date_arrivals(curl_socket_t fd, bool dated);
  // Closes everything; the owner is not called any more. Shares must be gone, or must outlive this object.
  void shut_down();

  // For CURLOPT_OPENSOCKETFUNCTION: a registered socket, or CURL_SOCKET_BAD with errno set. With a link, libcurl hears
  // of the socket's events only once the link has carried the bytes.
  curl_socket_t open_socket(CURL* easy, const curl_sockaddr& address, const std::shared_ptr<NetworkLink>& link);
  // CURLOPT_CLOSESOCKETFUNCTION, with the loop as its data: sockets outlive the handles that opened them.
  static int close_socket(void* loop, curl_socket_t fd);
  // What libcurl waits for on a descriptor at the moment: CURL_POLL_*.
  [[nodiscard]] int wanted(curl_socket_t fd) const noexcept;
  // Changes whenever the descriptor's number is reused.
  [[nodiscard]] std::uint32_t generation(curl_socket_t fd) const noexcept;
  // Null if the descriptor has no link.
  [[nodiscard]] std::shared_ptr<PacedSocket> paced(curl_socket_t fd) const noexcept;
  [[nodiscard]] std::size_t open_sockets() const noexcept { return open_sockets_; }

 private:
  struct Socket {
    int wanted = CURL_POLL_REMOVE;  // what libcurl wants on the number, whatever socket has it
    std::uint32_t registered = 0;   // epoll's events; 0: not in the set
    std::uint32_t generation = 0;   // of this number, which the kernel reuses
    bool open = false;
    bool ours = false;     // opened by open_socket; the rest are libcurl's own, such as the resolver's pair
    bool made = false;     // ours, and connected: libcurl now reports its close
    bool dated = false;    // see date_arrivals
    int held = 0;          // CURL_POLL_* that the link does not let through yet
    ino_t inode = 0;       // of ours: unique to the socket
    CURL* easy = nullptr;  // the handle that libcurl waits for
    std::shared_ptr<PacedSocket> paced{};
  };

  static int on_socket_wish(CURL* easy, curl_socket_t fd, int what, void* loop, void* data);
  static int on_timer_wish(CURLM* multi, long timeout_ms, void* loop);

  void take_wish(CURL* easy, curl_socket_t fd, int what);
  Socket& socket_of(curl_socket_t fd);
  [[nodiscard]] bool current(const Socket& socket, curl_socket_t fd) const noexcept;
  void look_at_opened();
  void forget(Socket& socket) noexcept;
  void set_wanted(Socket& socket, int what) noexcept;
  [[nodiscard]] static std::uint32_t events_of(const Socket& socket) noexcept;
  bool register_events(curl_socket_t fd, std::uint32_t events) noexcept;
  void give_up(CURL* easy) noexcept;
  void register_changed();
  void wait();
  void on_ready();
  void on_event(std::uint64_t tag, std::uint32_t events);
  void kick_soon();
  void arm_timer(TimePoint when);
  void on_timer();
  void act(curl_socket_t fd, int mask);

  // Of paced sockets, in curl_pacing.cpp.
  struct HeldWait {
    TimePoint when;
    curl_socket_t fd = CURL_SOCKET_BAD;
    std::uint32_t generation = 0;
    int what = CURL_POLL_NONE;  // CURL_POLL_IN or CURL_POLL_OUT
    friend bool operator<(const HeldWait& a, const HeldWait& b) noexcept {
      return a.when > b.when;
    }  // the earliest on top
  };
  [[nodiscard]] int admitted(curl_socket_t fd, int mask, std::uint32_t events);
  void count_paced(curl_socket_t fd);
  void hold(curl_socket_t fd, int what, TimePoint until);
  void arm_pacing();
  void release_held_waits();
  void release(const HeldWait& held);
  void drain();

  boost::asio::io_context& context_;
  Owner* owner_;
  CurlMulti multi_;
  boost::asio::steady_timer timer_;
  boost::asio::posix::stream_descriptor epoll_;
  bool waiting_ = false;         // for epoll_, through the reactor
  std::size_t wanted_ = 0;       // sockets that libcurl waits for
  std::size_t dated_ = 0;        // sockets whose arrivals are dated
  std::vector<Socket> sockets_;  // by descriptor
  struct Wish {
    curl_socket_t fd;
    CURL* easy;
    std::uint32_t generation;
  };
  std::vector<Wish> changed_;             // in this round
  std::vector<Wish> opened_;              // in this round, without a wish yet
  std::vector<CURL*> lost_;               // handles whose connection attempt was lost
  std::vector<CURL*> given_up_;           // handles with a descriptor that the kernel has no memory for
  std::size_t open_sockets_ = 0;          // ours
  std::optional<TimePoint> wanted_time_;  // when libcurl wants to be called
  std::optional<TimePoint> armed_time_;   // when the timer fires; may be earlier
  std::priority_queue<HeldWait> held_waits_;
  boost::asio::steady_timer pacing_timer_;
  std::optional<TimePoint> pacing_armed_;  // when it fires
  bool kick_posted_ = false;
  bool closing_ = false;
};

}  // namespace gelombang
