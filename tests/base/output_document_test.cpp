#include "base/output_document.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <thread>

using gelombang::OutputDocument;
using gelombang::test::read_file;
using gelombang::test::TemporaryDirectory;
using gelombang::test::write_file;

namespace {

// "" or the error of finish().
std::string put(const std::string& path, const std::string& text) {
  OutputDocument document(path);
  document.write(text);
  const auto written = document.finish();
  return written ? "" : written.error().message;
}

struct stat facts_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts;
}

std::size_t names_in(const TemporaryDirectory& directory) {
  const std::filesystem::directory_iterator all(directory.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// As on a full disk: writing more than `most` bytes fails.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t most) : previous_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &unlimited_);
    const rlimit small{most, unlimited_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &unlimited_);
    std::signal(SIGXFSZ, previous_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit unlimited_{};
  void (*previous_)(int);
};

}  // namespace

TEST_CASE("output document: a file is replaced as a whole, with the rights of the earlier one", "[unit]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("summary.json");
  CHECK(put(path, "old").empty());
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(put(path, std::string(1'000'000, 'n')).empty());
  CHECK(read_file(path) == std::string(1'000'000, 'n'));
  CHECK((facts_of(path).st_mode & 0777U) == 0600);
  CHECK(names_in(directory) == 1);
}

TEST_CASE("output document: what could not be written leaves no earlier file in its place", "[unit]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("summary.json");
  write_file(path, "old");
  std::string error;
  {
    const SmallFiles limit(100);
    error = put(path, std::string(1000, 'n'));
  }
  CHECK(error == "cannot write " + path + ": File too large; the earlier file is " + path + "~");
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(read_file(path + "~") == "old");
  CHECK(names_in(directory) == 1);
}

TEST_CASE("output document: what was never finished leaves no earlier file either", "[unit]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("report.html");
  write_file(path, "old");
  {
    OutputDocument document(path);
    document.write(std::string(100'000, 'n'));
  }
  CHECK(read_file(path + "~") == "old");
  CHECK(names_in(directory) == 1);
  // Set aside at the start, in case the program is killed.
  write_file(path, "older");
  OutputDocument document(path);
  document.set_aside();
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(read_file(path + "~") == "older");
  document.write("new");
  REQUIRE(document.finish());
  CHECK(read_file(path) == "new");
}

TEST_CASE("output document: an earlier file is not lost where its other name is taken", "[unit]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("out");
  write_file(path, "old");
  std::filesystem::create_directory(path + "~");
  OutputDocument document(path);
  const auto aside = document.set_aside();
  REQUIRE(aside.has_error());
  CHECK(aside.error().message == path + " is of an earlier run and cannot become " + path + "~: File exists");
  document.leave();
  CHECK(read_file(path) == "old");
}

TEST_CASE("output document: links are followed, and stay", "[unit]") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("run-1.json");
  const std::string link = directory.file("last.json");
  const std::string further = directory.file("further.json");
  write_file(file, "old");
  REQUIRE(::symlink("run-1.json", link.c_str()) == 0);
  REQUIRE(::symlink(link.c_str(), further.c_str()) == 0);
  CHECK(put(further, "new").empty());
  CHECK(read_file(file) == "new");
  CHECK(S_ISLNK(facts_of(link).st_mode));
  CHECK(S_ISLNK(facts_of(further).st_mode));
  // The target of the link does not exist yet.
  std::filesystem::remove(file);
  CHECK(put(link, "again").empty());
  CHECK(read_file(file) == "again");
  CHECK(S_ISLNK(facts_of(link).st_mode));
  // A link to itself.
  const std::string loop = directory.file("loop");
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  CHECK(put(loop, "x") == "cannot write " + loop + ": Too many levels of symbolic links");
  CHECK(names_in(directory) == 4);
}

TEST_CASE("output document: a pipe is written, and stays a pipe", "[unit]") {
  const TemporaryDirectory directory;
  const std::string pipe = directory.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] { got = read_file(pipe); });
  const std::string text(300'000, 'p');
  CHECK(put(pipe, text).empty());
  reader.join();
  CHECK(got == text);
  CHECK(S_ISFIFO(facts_of(pipe).st_mode));
  CHECK(names_in(directory) == 1);
}

TEST_CASE("output document: a device is written, and stays a device", "[unit]") {
  const TemporaryDirectory directory;
  const std::string node = directory.file("null");
  if (::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) return;         // only root may do this
  if (put(node, "x") == "cannot write " + node + ": Permission denied") return;  // a folder without devices
  CHECK(put(node, "x").empty());
  CHECK(S_ISCHR(facts_of(node).st_mode));
  {
    OutputDocument document(node);
    document.set_aside();
  }
  CHECK(S_ISCHR(facts_of(node).st_mode));
  CHECK(names_in(directory) == 1);
}

TEST_CASE("output document: a directory, and a place that is not there, are refused", "[unit]") {
  const TemporaryDirectory directory;
  const std::string below = directory.file("no/such/directory.json");
  CHECK(put(directory.path(), "x") == "cannot write " + directory.path() + ": Is a directory");
  CHECK(put(directory.path() + "/", "x") == "cannot write " + directory.path() + "/: Is a directory");
  CHECK(put(below, "x") == "cannot write " + below + ": No such file or directory");
  CHECK(OutputDocument(directory.path()).usable().error().message ==
        "cannot write " + directory.path() + ": Is a directory");
  CHECK(OutputDocument(below).usable().error().message == "cannot write " + below + ": No such file or directory");
  CHECK(OutputDocument(directory.file("new")).usable());
  CHECK(OutputDocument("-").usable());
  CHECK(OutputDocument("/proc/new").usable().has_error());
  CHECK(std::filesystem::is_empty(directory.path()));
  CHECK(names_in(directory) == 0);
}

TEST_CASE("output document: a descriptor is written where it stands", "[unit]") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("log");
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::write(fd, "before ", 7) == 7);
  CHECK(put("/dev/fd/" + std::to_string(fd), "document").empty());
  REQUIRE(::write(fd, " after", 6) == 6);
  CHECK(read_file(file) == "before document after");
  CHECK(OutputDocument("/dev/fd/" + std::to_string(fd)).usable());
  ::close(fd);
  CHECK(put("/dev/fd/" + std::to_string(fd), "x").find("Bad file descriptor") != std::string::npos);
  CHECK(names_in(directory) == 1);
}

TEST_CASE("output document: a full disk and a reader who left are told", "[unit]") {
  CHECK(put("/dev/full", std::string(100'000, 'x')) == "cannot write /dev/full: No space left on device");
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  const std::string path = "/proc/self/fd/" + std::to_string(ends[1]);
  CHECK(put(path, "x") == "cannot write " + path + ": Broken pipe");
  std::signal(SIGPIPE, previous);
  ::close(ends[1]);
}

TEST_CASE("output document: it knows the file that it would replace", "[unit]") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("history.sqlite");
  const std::string link = directory.file("link");
  write_file(file, "runs");
  REQUIRE(::symlink("history.sqlite", link.c_str()) == 0);
  CHECK(OutputDocument("-").names(file) == false);
  OutputDocument document(link);
  CHECK(document.names(file));
  CHECK_FALSE(document.names(directory.file("other")));
  REQUIRE(document.finish());
}
