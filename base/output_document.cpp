#include "base/output_document.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr int kMostLinks = 40;  // the limit of Linux

std::string reason(int error) { return std::generic_category().message(error); }

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? real.get() : std::string();
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// 0 or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      // Another process has made the pipe non-blocking: wait until it takes more.
      pollfd wanted{fd, POLLOUT, 0};
      ::poll(&wanted, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Waits for a pipe that nobody reads yet, but not for ever.
int open_straight(const std::string& path) {
  constexpr int kTries = 250;
  for (int tries = 1;; ++tries) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 || errno != ENXIO || tries == kTries) return fd;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Nothing can be made in a file's directory, but the file itself may be written.
bool in_place_helps(int error) { return error == EACCES || error == EPERM || error == EROFS; }

int& print_error() {
  static int error = 0;
  return error;
}

}  // namespace

OutputDocument::OutputDocument(std::string path) : path_(std::move(path)), place_(find(path_)) {}

OutputDocument::~OutputDocument() {
  if (finished_) return;
  close();
  (void)set_aside();
}

OutputDocument::Place OutputDocument::find(const std::string& given) {
  Place place;
  if (given.empty() || given == "-") return place;
  place.kind = Place::Kind::straight;
  place.path = given;
  for (int links = 0; links < kMostLinks; ++links) {
    const std::string name = name_of(place.path);
    const std::string directory = real_path(directory_of(place.path));
    // A directory, or a missing one: opening it will report that.
    if (name.empty() || name == "." || name == ".." || directory.empty()) return place;
    if (directory == real_path("/proc/self/fd")) {
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place.descriptor);
      if (error == std::errc() && end == name.data() + name.size()) place.kind = Place::Kind::descriptor;
      return place;
    }
    place.path = (directory == "/" ? "" : directory) + "/" + name;
    struct stat facts {};
    if (::lstat(place.path.c_str(), &facts) != 0) {
      if (errno == ENOENT) place.kind = Place::Kind::beside;
      return place;
    }
    if (!S_ISLNK(facts.st_mode)) {
      if (!S_ISREG(facts.st_mode)) return place;
      place.kind = Place::Kind::beside;
      place.mode = facts.st_mode & 07777U;
      return place;
    }
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlink(place.path.c_str(), target.data(), target.size());
    if (size < 0) return place;
    target.resize(static_cast<std::size_t>(size));
    place.path = target.front() == '/' ? target : directory + "/" + target;
  }
  return place;
}

Result<void> OutputDocument::usable() const {
  int error = 0;
  const auto writable = [&error](const std::string& path) {
    if (::access(path.c_str(), W_OK) == 0) return true;
    error = errno;
    return false;
  };
  struct stat facts {};
  switch (place_.kind) {
    case Place::Kind::standard: return {};
    case Place::Kind::descriptor:
      if (::fcntl(place_.descriptor, F_GETFD) >= 0) return {};
      error = errno;
      break;
    case Place::Kind::straight:
      if (::stat(place_.path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) {
        error = EISDIR;
      } else if (writable(place_.path)) {
        return {};
      }
      break;
    case Place::Kind::beside:
      error = try_beside();
      if (error == 0) return {};
      break;
  }
  return Error{fmt::format("cannot write {}: {}", path_, reason(error))};
}

std::string OutputDocument::partial_path() const { return fmt::format("{}.{}.partial", place_.path, ::getpid()); }

// 0, or the errno of what open() would do; leaves nothing behind.
int OutputDocument::try_beside() const {
  const std::string partial = partial_path();
  ::unlink(partial.c_str());
  int fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0) {
    ::unlink(partial.c_str());
  } else if (place_.mode && in_place_helps(errno)) {
    fd = ::open(place_.path.c_str(), O_WRONLY | O_CLOEXEC);
  }
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

bool OutputDocument::names(const std::string& other) const {
  if (place_.kind != Place::Kind::beside || other.empty()) return false;
  struct stat ours {};
  struct stat theirs {};
  const bool here = ::stat(place_.path.c_str(), &ours) == 0;
  if (here != (::stat(other.c_str(), &theirs) == 0)) return false;
  if (here) return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  return name_of(place_.path) == name_of(other) &&
         real_path(directory_of(place_.path)) == real_path(directory_of(other));
}

Result<void> OutputDocument::set_aside() {
  if (place_.kind != Place::Kind::beside || in_place_) return {};
  struct stat facts {};
  if (::lstat(place_.path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  const std::string earlier = place_.path + "~";
  const bool is_free = ::lstat(earlier.c_str(), &facts) != 0 || S_ISREG(facts.st_mode);
  aside_ = is_free && ::rename(place_.path.c_str(), earlier.c_str()) == 0;
  const int error = is_free ? errno : EEXIST;
  // If FILE~ is a directory or a link, it belongs to somebody: nothing is lost for its sake. If only the rename failed,
  // the earlier file is emptied: nobody takes an empty file for a verdict.
  if (aside_ || (is_free && ::truncate(place_.path.c_str(), 0) == 0)) return {};
  return Error{fmt::format("{} is of an earlier run and cannot become {}~: {}", path_, path_, reason(error))};
}

void OutputDocument::open() {
  switch (place_.kind) {
    case Place::Kind::standard: fd_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3); break;
    case Place::Kind::descriptor: fd_ = ::fcntl(place_.descriptor, F_DUPFD_CLOEXEC, 3); break;
    case Place::Kind::straight: fd_ = open_straight(place_.path); break;
    case Place::Kind::beside:
      partial_ = partial_path();
      ::unlink(partial_.c_str());  // left by a killed process of the same number
      fd_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      if (fd_ >= 0) {
        if (place_.mode) ::fchmod(fd_, *place_.mode);
      } else if (place_.mode && in_place_helps(errno)) {
        partial_.clear();
        fd_ = ::open(place_.path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
        in_place_ = fd_ >= 0;
      }
      break;
  }
  if (fd_ < 0) error_ = errno;
}

void OutputDocument::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void OutputDocument::flush() {
  if (fd_ < 0 && error_ == 0) open();
  if (error_ == 0) error_ = write_all(fd_, buffer_);
  buffer_.clear();
}

// Whatever was written is incomplete.
void OutputDocument::close() {
  if (fd_ >= 0) {
    if (in_place_) (void)!::ftruncate(fd_, 0);
    ::close(fd_);
    fd_ = -1;
  }
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

Result<void> OutputDocument::finish() {
  flush();
  const bool file = place_.kind == Place::Kind::beside;
  // Some file systems report only now that they are full.
  if (error_ == 0 && file && ::fsync(fd_) != 0) error_ = errno;
  if (fd_ >= 0 && error_ == 0) {
    if (::close(fd_) != 0) error_ = errno;
    fd_ = -1;
  }
  if (error_ == 0 && file && !in_place_ && ::rename(partial_.c_str(), place_.path.c_str()) != 0) error_ = errno;
  finished_ = true;
  if (error_ != 0) return failure();
  return {};
}

Error OutputDocument::failure() {
  close();
  const auto aside = set_aside();
  return Error{fmt::format("cannot write {}: {}{}", on_stdout() ? "to stdout" : path_, reason(error_),
                           !aside   ? "; " + aside.error().message
                           : aside_ ? fmt::format("; the earlier file is {}~", path_)
                                    : "")};
}

void print(std::string_view text) {
  if (print_error() == 0) print_error() = write_all(STDOUT_FILENO, text);
}

Result<void> all_printed() {
  const int error = std::exchange(print_error(), 0);
  if (error == 0) return {};
  return Error{"cannot write to stdout: " + reason(error)};
}

void reserve_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest free number: this one.
    (void)!::open("/dev/null", O_PATH);
  }
}

}  // namespace gelombang
