#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

int open_or_die(const char* path, int flags) {
  const int fd = ::open(path, flags, 0600);
  if (fd < 0) _exit(126);
  return fd;
}

[[noreturn]] void become(const std::vector<std::string>& argv, const ChildProcess::Options& options,
                         const std::string& in, const std::string& out, const std::string& err, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);  // a test checks how the child handles the signal itself
  if (getppid() != parent) _exit(126);
  dup2(open_or_die(in.c_str(), O_RDONLY), STDIN_FILENO);
  dup2(open_or_die(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC), STDOUT_FILENO);
  dup2(open_or_die(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC), STDERR_FILENO);
  if (!options.working_directory.empty() && chdir(options.working_directory.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Binds a name that only one process of this machine can hold while it lives. So test programs that run side by side do
// not choose the same port between the search for a free port and the listen on it.
bool claim(std::uint16_t port) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "gelombang-test-port-" + std::to_string(port);
  std::copy(name.begin(), name.end(), address.sun_path + 1);  // after the 0 of the abstract name space
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const bool claimed = fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0;
  if (!claimed) close(fd);  // otherwise the socket stays open until this process ends
  return claimed;
}

bool can_listen(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool can = fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return can;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const Options& options) {
  char pattern[] = "/tmp/gelombang-child-XXXXXX";
  const int fd = mkstemp(pattern);
  if (fd < 0) throw std::runtime_error("mkstemp failed");
  close(fd);
  out_path_ = pattern;
  err_path_ = out_path_ + ".err";
  std::string in_path = "/dev/null";
  if (!options.stdin_text.empty()) {
    in_path = out_path_ + ".in";
    write_file(in_path, options.stdin_text);
  }
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(argv, options, in_path, out_path_, err_path_, parent);
}

ChildProcess::~ChildProcess() {
  stop();
  for (const char* suffix : {"", ".err", ".in"}) std::filesystem::remove(out_path_ + suffix);
}

bool ChildProcess::reap(bool block) {
  if (exit_code_) return true;
  int status = 0;
  if (waitpid(pid_, &status, block ? 0 : WNOHANG) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

void ChildProcess::wait_for_output(const std::string& text, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const bool ended = reap(false);
    if (standard_output().find(text) != std::string::npos || standard_error().find(text) != std::string::npos) return;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("no '" + text + "' from the child; stdout:\n" + standard_output() + "\nstderr:\n" +
                               standard_error());
    }
    std::this_thread::sleep_for(5ms);
  }
}

int ChildProcess::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!reap(false)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the child did not end in time; stdout:\n" + standard_output() + "\nstderr:\n" +
                               standard_error());
    }
    std::this_thread::sleep_for(2ms);
  }
  return *exit_code_;
}

void ChildProcess::signal(int number) const {
  if (!exit_code_) kill(pid_, number);
}

void ChildProcess::stop() {
  if (reap(false)) return;
  kill(pid_, SIGCONT);
  kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + 2s;
  while (!reap(false) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
  if (exit_code_) return;
  kill(pid_, SIGKILL);
  reap(true);
}

std::string ChildProcess::standard_output() const { return read_file(out_path_); }
std::string ChildProcess::standard_error() const { return read_file(err_path_); }

TemporaryDirectory::TemporaryDirectory() {
  char pattern[] = "/tmp/gelombang-test-XXXXXX";
  if (mkdtemp(pattern) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port() {
  // Below the kernel's ephemeral ports, which any connection may take. Random, because test programs run side by side.
  constexpr std::uint16_t kFirst = 10'000;
  constexpr std::uint16_t kLast = 32'000;
  static std::mt19937 random{std::random_device{}()};
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (int tries = 0; tries < 1000; ++tries) {
    const std::uint16_t port = std::uniform_int_distribution<std::uint16_t>(kFirst, kLast)(random);
    if (claim(port) && can_listen(port)) return port;
  }
  throw std::runtime_error("no free port");
}

void wait_for_port(std::uint16_t port, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(port);
    const bool open = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (open) return;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("nothing listens on port " + std::to_string(port));
    }
    std::this_thread::sleep_for(5ms);
  }
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace gelombang::test
