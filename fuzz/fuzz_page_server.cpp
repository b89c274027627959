// Bytes sent to the port of /metrics over a connection of this machine: at most one complete response, and the handler
// never sees anything longer than allowed.
#include "metrics/exposition/page_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

std::atomic<int> answered{0};

void must(bool holds) {
  if (!holds) std::abort();
}

PageAnswer answer(const PageRequest& request) {
  must(request.path.starts_with('/') && request.path.find('?') == std::string_view::npos);
  must(request.body.size() <= PageServer::kMaxBody && request.from_loopback);
  for (const std::string_view part : {request.method, request.path, request.query, request.authorization})
    must(part.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  ++answered;
  return {200, "text/plain", "page", {}};
}

// Sends everything, reads to the end. The reset at the end leaves no port in TIME_WAIT.
std::string exchange(std::uint16_t port, std::string_view bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  ::shutdown(fd, SHUT_WR);
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<PageServer> server = PageServer::open("127.0.0.1:0", ServedNames(), answer).value();
  answered = 0;
  const std::string text = exchange(server->port(), {reinterpret_cast<const char*>(data), size});
  must(answered <= 1);
  if (text.empty()) {
    must(answered == 0);
    return 0;
  }
  const std::size_t end = text.find("\r\n\r\n");
  must(text.starts_with("HTTP/1.1 ") && end != std::string::npos);
  const std::string_view body = std::string_view(text).substr(end + 4);
  must((answered == 1) == text.starts_with("HTTP/1.1 200 "));
  const std::size_t length = text.find("Content-Length: ");
  must(length < end);
  const auto promised = std::strtoul(text.c_str() + length + 16, nullptr, 10);
  must(body.size() == promised || body.empty());  // HEAD
  return 0;
}
