// A process that a test starts. It never outlives the test program: the kernel kills the child when the test program
// dies (PR_SET_PDEATHSIG), and the destructor stops the child.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::test {

class ChildProcess {
 public:
  struct Options {
    std::map<std::string, std::string> environment;  // added to the environment of this process
    std::string working_directory;
    std::string stdin_text;
  };

  // argv[0] is looked up in PATH. stdout and stderr are kept. Throws if the process cannot be started.
  explicit ChildProcess(const std::vector<std::string>& argv) : ChildProcess(argv, Options{}) {}
  ChildProcess(const std::vector<std::string>& argv, const Options& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits until `text` is in stdout or stderr. Throws with both outputs if the child ends or the time is up.
  void wait_for_output(const std::string& text, std::chrono::milliseconds limit = std::chrono::seconds(10));
  // Waits for the end of the child. Returns the exit code, or 128 + signal. Throws when the time is up.
  int wait(std::chrono::milliseconds limit = std::chrono::seconds(60));
  void signal(int number) const;
  // SIGTERM, then SIGKILL after two seconds.
  void stop();
  [[nodiscard]] std::string standard_output() const;
  [[nodiscard]] std::string standard_error() const;

 private:
  bool reap(bool block);

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::string out_path_;
  std::string err_path_;
};

// A temporary directory. The destructor removes the directory with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A loopback port that nothing listens on at the moment. Each call returns another port.
std::uint16_t free_port();
// Waits until a process accepts connections on 127.0.0.1:port. Throws when the time is up.
void wait_for_port(std::uint16_t port, std::chrono::milliseconds limit = std::chrono::seconds(10));
void write_file(const std::string& path, const std::string& text);
std::string read_file(const std::string& path);

}  // namespace gelombang::test
