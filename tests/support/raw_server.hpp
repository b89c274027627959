// A TCP server that says what a test tells it to, right or wrong: each connection is played by the
// test's function, in a thread of its own, with blocking calls.
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

// Calls on a connection whose peer went away or whose server is being stopped return false or less.
class RawConnection {
 public:
  RawConnection(int fd, std::size_t number, const std::atomic<bool>& stopping)
      : fd_(fd), number_(number), stopping_(stopping) {}

  [[nodiscard]] std::size_t number() const { return number_; }  // 0 is the first that was accepted
  [[nodiscard]] int fd() const { return fd_; }
  // Up to and with the empty line; "" where the peer closed before.
  std::string read_head();
  // The head and a body of its Content-Length.
  std::string read_request();
  // Exactly that many bytes, unless the peer closes.
  std::string read_bytes(std::size_t count);
  bool send(std::string_view text);
  // Sleeps, unless the server is stopped.
  bool pause(std::chrono::milliseconds duration) const;
  // Until the peer closes or the server is stopped; what comes is thrown away.
  void wait_for_close();
  // Ends the connection with an RST.
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
  // A receive buffer of `receive_buffer` bytes, if not 0: what a slow reader holds back.
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

// "HTTP/1.1 200 OK" with a Content-Length.
std::string http_answer(std::string_view body, std::string_view status = "200 OK", std::string_view extra_headers = "");
// Plays keep-alive: answers every request with what `answer` makes of it.
RawServer::Play keep_alive(std::function<std::string(const std::string& request)> answer);

}  // namespace gelombang::test
