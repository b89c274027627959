// A TCP server that sends what a test tells it to, right or wrong. The test's function plays each connection in a
// thread of its own, with blocking calls.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

namespace gelombang::test {

// If the peer has closed the connection or the server is being stopped, calls return false or less data.
class RawConnection {
 public:
  RawConnection(int fd, std::size_t number, const std::atomic<bool>& stopping)
      : fd_(fd), number_(number), stopping_(stopping) {}

  [[nodiscard]] std::size_t number() const { return number_; }  // 0 is the first accepted connection
  [[nodiscard]] int fd() const { return fd_; }
  // Reads up to the empty line and includes it. Returns "" if the peer closes before.
  std::string read_head();
  // Reads the head and a body of its Content-Length.
  std::string read_request();
  // Reads exactly `count` bytes, or fewer if the peer closes.
  std::string read_bytes(std::size_t count);
  bool send(std::string_view text);
  // Sleeps until the time is up or the server is stopped.
  bool pause(std::chrono::milliseconds duration) const;
  // Waits until the peer closes or the server is stopped. Received data is discarded.
  void wait_for_close();
  // The later close of the connection sends an RST.
  void reset();

 private:
  int fd_;
  std::size_t number_;
  const std::atomic<bool>& stopping_;
  std::string buffered_;
};

class RawServer {
 public:
  using Play = std::function<void(RawConnection&)>;
  // `receive_buffer`: size of the receive buffer in bytes, 0: the system's default. A small buffer holds back the
  // sender.
  explicit RawServer(Play play, int receive_buffer = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/") const;
  [[nodiscard]] std::size_t accepted() const { return accepted_; }

 private:
  void accept_all();

  Play play_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> accepted_{0};
  std::list<std::thread> players_;
  std::thread acceptor_;
};

// A response with the status `status` and a Content-Length.
std::string http_answer(std::string_view body, std::string_view status = "200 OK", std::string_view extra_headers = "");
// A play with keep-alive: answers every request with the text that `answer` returns.
RawServer::Play keep_alive(std::function<std::string(const std::string& request)> answer);

}  // namespace gelombang::test
