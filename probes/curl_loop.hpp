// libcurl's multi interface under one io_context. A descriptor is registered with the reactor from
// the moment libcurl opens it until libcurl closes it, and waits are re-armed on demand: libcurl says
// "remove" at the end of every transfer, although the connection goes back to its pool.
//
// libcurl's callbacks only write down what it wants; it is carried out when libcurl has returned.
#pragma once

#include "base/clock.hpp"
#include "probes/curl_handles.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace gelombang {

class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  // All are called on the io_context's thread, outside of libcurl.
  class Owner {
   public:
    virtual ~Owner() = default;
    // In the round that has just ended, libcurl came to wait for this descriptor on behalf of that handle.
    virtual void socket_used(CURL* easy, curl_socket_t fd) = 0;
    // libcurl has returned from a round of work.
    virtual void round_ended() = 0;
    // The handle has ended and is no longer in the multi. Must not run the user's callbacks.
    virtual void transfer_ended(CURL* easy, CURLcode code) = 0;
    // Everything of this round has been taken in: the place to run the user's callbacks.
    virtual void deliver() = 0;
  };

  CurlLoop(boost::asio::io_context& context, Owner& owner);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  [[nodiscard]] bool add(CURL* easy);
  // Ends a transfer; transfer_ended is not called for it.
  void remove(CURL* easy);
  // Closes everything; the owner is not called any more. Shares must be gone or outlive this.
  void shut_down();

  // For CURLOPT_OPENSOCKETFUNCTION: a registered socket, or CURL_SOCKET_BAD with errno set.
  curl_socket_t open_socket(const curl_sockaddr& address);
  // CURLOPT_CLOSESOCKETFUNCTION, with the loop as its data: sockets outlive the handles that opened them.
  static int close_socket(void* loop, curl_socket_t fd);
  // What libcurl waits for on a descriptor at the moment: CURL_POLL_*.
  [[nodiscard]] int wanted(curl_socket_t fd) const noexcept;
  [[nodiscard]] std::size_t open_sockets() const noexcept { return open_sockets_; }

 private:
  struct Socket;
  enum class Direction : unsigned char { read, write };

  static int on_socket_wish(CURL* easy, curl_socket_t fd, int what, void* loop, void* data);
  static int on_timer_wish(CURLM* multi, long timeout_ms, void* loop);

  void take_wish(CURL* easy, curl_socket_t fd, int what);
  void arm_changed();
  void arm(const std::shared_ptr<Socket>& socket);
  void wait(const std::shared_ptr<Socket>& socket, Direction direction);
  void on_ready(const std::shared_ptr<Socket>& socket, Direction direction, bool failed);
  void kick_soon();
  void arm_timer(TimePoint when);
  void on_timer();
  void act(curl_socket_t fd, int mask);
  void drain();

  boost::asio::io_context& context_;
  Owner* owner_;
  CurlMulti multi_;
  boost::asio::steady_timer timer_;
  std::vector<std::shared_ptr<Socket>> sockets_;  // by descriptor
  struct Wish {
    curl_socket_t fd;
    CURL* easy;  // null: unchanged, but to be looked at
  };
  std::vector<Wish> changed_;             // in this round
  std::size_t open_sockets_ = 0;          // ours
  std::optional<TimePoint> wanted_time_;  // when libcurl wants to be called
  std::optional<TimePoint> armed_time_;   // when the timer fires; may be earlier
  bool kick_posted_ = false;
  bool closing_ = false;
};

}  // namespace gelombang
