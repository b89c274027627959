#include "probes/mail/imap_sockets.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace gelombang {
namespace {

bool is_loopback(const sockaddr& address) {
  const auto bytes = [](const void* start, std::size_t size) {
    return std::string_view(static_cast<const char*>(start), size);
  };
  if (address.sa_family == AF_INET) {
    return bytes(&reinterpret_cast<const sockaddr_in&>(address).sin_addr, 1) == "\x7f";
  }
  if (address.sa_family != AF_INET6) return false;
  return bytes(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16) == bytes(&in6addr_loopback, 16);
}

// 0: no socket.
ino_t inode_of(int fd) {
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
  strayed_ = only_loopback && !is_loopback(address.addr);
  if (strayed_) return CURL_SOCKET_BAD;
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  error_ = fd < 0 ? errno : 0;
  if (fd < 0) return CURL_SOCKET_BAD;
  std::erase_if(open_, [](const Socket& socket) { return inode_of(socket.fd) != socket.inode; });
  open_.push_back({fd, inode_of(fd)});
  return fd;
}

int ImapSockets::close(curl_socket_t fd) {
  std::erase_if(open_, [fd](const Socket& socket) { return socket.fd == fd; });
  return ::close(fd);
}

void ImapSockets::shut() const {
  for (const Socket& socket : open_) {
    if (socket.inode != 0 && inode_of(socket.fd) == socket.inode) ::shutdown(socket.fd, SHUT_RDWR);
  }
}

}  // namespace gelombang
