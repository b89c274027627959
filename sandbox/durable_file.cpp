#include "sandbox/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace gelombang::sandbox {
namespace {

FileOutcome outcome_of_errno() {
  return errno == ENOSPC || errno == EDQUOT ? FileOutcome::no_space : FileOutcome::failed;
}

// Writes, syncs and closes. Keeps the errno of the first failure.
bool fill(int fd, std::string_view bytes) {
  bool good = true;
  while (good && !bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      good = false;
    }
  }
  good = good && ::fsync(fd) == 0;
  const int error = errno;
  if (::close(fd) != 0 && good) return false;
  if (!good) errno = error;
  return good;
}

}  // namespace

bool sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::fsync(fd) == 0;
  ::close(fd);
  return good;
}

FileOutcome write_durably(const std::string& temporary, const std::string& path, std::string_view bytes,
                          SyncName sync_name) {
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return outcome_of_errno();
  if (fill(fd, bytes) && std::rename(temporary.c_str(), path.c_str()) == 0 &&
      (sync_name == SyncName::later || sync_directory(path.substr(0, path.rfind('/'))))) {
    return FileOutcome::written;
  }
  const FileOutcome outcome = outcome_of_errno();
  ::unlink(temporary.c_str());
  return outcome;
}

bool touch(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return fd >= 0 && ::close(fd) == 0;
}

}  // namespace gelombang::sandbox
