#include "selftest/server.hpp"

#include "selftest/connection.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <new>

namespace gelombang::selftest {
namespace {

// A socket bound to a free port of loopback; -1 if there is none.
int bound_socket(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, sizeof address) != 0 || getsockname(fd, generic, &length) != 0) {
    close(fd);
    return -1;
  }
  port = ntohs(address.sin_port);
  return fd;
}

// Accepted sockets inherit the size: a body of a megabyte must not fit into the kernel's buffer unread.
void keep_receive_buffer_small(int listener) {
  const int bytes = 32768;
  setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

[[noreturn]] void serve(int listener, SharedCounts& counts, Duration late_by) {
  // Ctrl-C at the terminal is for the program; the server ends with the program.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  try {
    boost::asio::io_context io(1);
    boost::asio::ip::tcp::acceptor acceptor(io, boost::asio::ip::tcp::v4(), listener);
    std::function<void()> accept = [&] {
      acceptor.async_accept([&](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
        if (!error) std::make_shared<Connection>(std::move(socket), counts, late_by)->read_head();
        accept();
      });
    };
    accept();
    io.run();
  } catch (const std::exception&) {
    _exit(1);
  }
  _exit(0);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Duration late_by) {
  std::unique_ptr<Server> server(new Server);
  const auto fail = [](const char* what) {
    return Error{fmt::format("the server of the self-test: {}: {}", what, std::strerror(errno))};
  };
  void* const memory = mmap(nullptr, sizeof(SharedCounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail("no shared memory");
  server->counts_ = new (memory) SharedCounts;
  server->refused_socket_ = bound_socket(server->refused_port_);
  const int listener = bound_socket(server->port_);
  if (listener < 0 || server->refused_socket_ < 0) return fail("no free port on 127.0.0.1");
  keep_receive_buffer_small(listener);
  if (listen(listener, 4096) != 0) return fail("cannot listen");
  std::fflush(nullptr);
  const pid_t parent = getpid();
  server->child_ = fork();
  if (server->child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    serve(listener, *server->counts_, late_by);
  }
  close(listener);
  if (server->child_ < 0) return fail("cannot start a process");
  return server;
}

Server::~Server() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  if (refused_socket_ >= 0) close(refused_socket_);
  if (counts_ != nullptr) munmap(counts_, sizeof(SharedCounts));
}

void Server::freeze() const { kill(child_, SIGSTOP); }

void Server::thaw() const { kill(child_, SIGCONT); }

std::uint64_t Server::requests() const noexcept { return counts_->seen; }

std::vector<TimePoint> Server::times_from(std::uint64_t n) const {
  std::vector<TimePoint> times;
  const std::uint64_t end = std::min<std::uint64_t>(counts_->seen, SharedCounts::kTimes);
  for (std::uint64_t i = n; i < end; ++i) times.emplace_back(Duration(counts_->times[i].load()));
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace gelombang::selftest
