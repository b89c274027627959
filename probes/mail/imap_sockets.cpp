#include "probes/mail/imap_sockets.hpp"

#include "base/loopback.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace gelombang {
namespace {

bool leads_here(const sockaddr& address) {
  std::array<std::uint8_t, 16> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address.sa_family == AF_INET) {
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  } else {
    return false;
  }
  return is_loopback(bytes);
}

// 0: no socket.
ino_t socket_inode(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) ? about.st_ino : 0;
}

}  // namespace

void ImapSockets::attach(CURL* handle) {
  const auto on_open = [](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
    return static_cast<ImapSockets*>(self)->open(*address);
  };
  const auto on_close = [](void* self, curl_socket_t fd) -> int { return static_cast<ImapSockets*>(self)->close(fd); };
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION,
                   static_cast<curl_socket_t (*)(void*, curlsocktype, curl_sockaddr*)>(on_open));
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, static_cast<int (*)(void*, curl_socket_t)>(on_close));
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, this);
}

curl_socket_t ImapSockets::open(const curl_sockaddr& address) {
  strayed_ = only_loopback && !leads_here(address.addr);
  if (strayed_) return CURL_SOCKET_BAD;
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  error_ = fd < 0 ? errno : 0;
  if (fd < 0) return CURL_SOCKET_BAD;
  std::erase_if(open_, [](const Socket& socket) { return socket_inode(socket.fd) != socket.inode; });
  open_.push_back({fd, socket_inode(fd)});
  return fd;
}

int ImapSockets::close(curl_socket_t fd) {
  std::erase_if(open_, [fd](const Socket& socket) { return socket.fd == fd; });
  return ::close(fd);
}

void ImapSockets::shut() const {
  for (const Socket& socket : open_) {
    if (socket.inode != 0 && socket_inode(socket.fd) == socket.inode) ::shutdown(socket.fd, SHUT_RDWR);
  }
}

}  // namespace gelombang
