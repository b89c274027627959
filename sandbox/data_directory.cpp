#include "sandbox/data_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace gelombang::sandbox {

namespace fs = std::filesystem;

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const std::string& path) {
  std::error_code ec;
  std::string directory = path;
  if (path.empty()) {
    directory = (fs::temp_directory_path(ec) / "gelombang-sandbox-XXXXXX").string();
    if (ec || mkdtemp(directory.data()) == nullptr) return Error{"no temporary directory can be made; give --data DIR"};
  } else {
    fs::create_directories(directory, ec);
    if (ec) return Error{fmt::format("--data {}: {}", path, ec.message())};
    directory = fs::absolute(directory, ec).string();
  }
  const int lock = ::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool in_use = lock >= 0 && errno == EWOULDBLOCK;
    const std::string reason = in_use ? "in use by another gelombang-sandbox" : std::generic_category().message(errno);
    if (lock >= 0) ::close(lock);
    return Error{fmt::format("--data {}: {}", directory, reason)};
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(std::move(directory), path.empty(), lock));
}

DataDirectory::~DataDirectory() {
  if (temporary_) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ::close(lock_);
}

}  // namespace gelombang::sandbox
