#include "tests/probes/http/loop_books.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

int option(int fd, int which) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, which, &value, &length) == 0 ? value : -1;
}

// 0: the socket was never bound or connected. Nothing: a server of the test has closed it on another thread meanwhile.
std::optional<std::uint16_t> local_port(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return std::nullopt;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

struct Descriptor {
  int fd = -1;
  std::string target;  // "socket:[4711]", "anon_inode:[eventpoll]"
};

std::vector<Descriptor> descriptors() {
  std::vector<Descriptor> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // set for the descriptor of the directory itself
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!gone) all.push_back({std::stoi(entry.path().filename()), target});
  }
  return all;
}

}  // namespace

std::set<std::string> sockets() {
  std::set<std::string> found;
  for (Descriptor& one : descriptors()) {
    if (one.target.compare(0, 7, "socket:") == 0) found.insert(std::move(one.target));
  }
  return found;
}

std::set<int> client_sockets(const std::set<std::uint16_t>& servers, const std::set<std::string>& others) {
  std::set<int> found;
  for (const Descriptor& one : descriptors()) {
    if (one.target.compare(0, 7, "socket:") != 0 || others.count(one.target) > 0) continue;
    const int domain = option(one.fd, SO_DOMAIN);
    if ((domain != AF_INET && domain != AF_INET6) || option(one.fd, SO_ACCEPTCONN) != 0) continue;
    const std::optional<std::uint16_t> port = local_port(one.fd);
    if (port && servers.count(*port) == 0) found.insert(one.fd);
  }
  return found;
}

std::set<int> watched(const std::set<int>& sockets) {
  std::set<int> found;
  for (const Descriptor& one : descriptors()) {
    if (one.target != "anon_inode:[eventpoll]") continue;
    std::ifstream about("/proc/self/fdinfo/" + std::to_string(one.fd));
    for (std::string line; std::getline(about, line);) {
      if (line.compare(0, 4, "tfd:") != 0) continue;
      const int fd = std::stoi(line.substr(4));
      if (sockets.count(fd) > 0) found.insert(fd);
    }
  }
  return found;
}

}  // namespace gelombang::test
