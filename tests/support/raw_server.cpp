#include "tests/support/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

// Waits for input in short turns, so that the threads of a stopped server end.
bool readable(int fd, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, 50) > 0) return true;
  }
  return false;
}

std::size_t content_length(const std::string& head) {
  for (const char* name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    if (at != std::string::npos) return std::strtoul(head.c_str() + at + 16, nullptr, 10);
  }
  return 0;
}

}  // namespace

std::string RawConnection::read_bytes(std::size_t count) {
  std::array<char, 65536> chunk{};
  while (buffered_.size() < count && readable(fd_, stopping_)) {
    const ssize_t got = ::recv(fd_, chunk.data(), std::min(chunk.size(), count - buffered_.size()), 0);
    if (got <= 0) break;
    buffered_.append(chunk.data(), static_cast<std::size_t>(got));
  }
  std::string bytes = buffered_.substr(0, count);
  buffered_.erase(0, bytes.size());
  return bytes;
}

std::string RawConnection::read_head() {
  std::array<char, 4096> chunk{};
  for (;;) {
    const std::size_t end = buffered_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string head = buffered_.substr(0, end + 4);
      buffered_.erase(0, end + 4);
      return head;
    }
    if (!readable(fd_, stopping_)) return {};
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got <= 0) return {};
    buffered_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string RawConnection::read_request() {
  std::string head = read_head();
  return head.empty() ? head : head + read_bytes(content_length(head));
}

bool RawConnection::send(std::string_view text) {
  while (!text.empty() && !stopping_) {
    pollfd entry{fd_, POLLOUT, 0};
    if (::poll(&entry, 1, 50) <= 0) continue;
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return text.empty();
}

bool RawConnection::pause(std::chrono::milliseconds duration) const {
  const auto until = std::chrono::steady_clock::now() + duration;
  while (!stopping_) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= 0ms) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, 20ms));
  }
  return false;
}

void RawConnection::wait_for_close() {
  std::array<char, 65536> chunk{};
  while (readable(fd_, stopping_) && ::recv(fd_, chunk.data(), chunk.size(), 0) > 0) {
  }
}

void RawConnection::reset() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

RawServer::RawServer(Play play, int receive_buffer) : play_(std::move(play)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 4096) != 0 || getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the raw server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& player : players_) player.join();
  ::close(listener_);
}

std::string RawServer::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

void RawServer::accept_all() {
  while (readable(listener_, stopping_)) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::size_t number = accepted_++;
    players_.emplace_back([this, fd, number] {
      RawConnection connection(fd, number, stopping_);
      play_(connection);
      ::close(fd);
    });
  }
}

std::string http_answer(std::string_view body, std::string_view status, std::string_view extra_headers) {
  std::string answer = "HTTP/1.1 ";
  answer.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  answer.append(extra_headers).append("\r\n").append(body);
  return answer;
}

RawServer::Play keep_alive(std::function<std::string(const std::string& request)> answer) {
  return [answer = std::move(answer)](RawConnection& connection) {
    for (;;) {
      const std::string request = connection.read_request();
      if (request.empty() || !connection.send(answer(request))) return;
    }
  };
}

}  // namespace gelombang::test
