#include "engine/files/scenario_folder.hpp"

#include "base/json_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <utility>

namespace gelombang {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Error unreadable(const std::string& path, int error) {
  return Error{fmt::format("{}: cannot be read: {}", printable(path), std::strerror(error))};
}

std::string link_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// The real path of an open file; empty if it is unknown.
std::string real_path(int descriptor) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = ::readlink(link_of(descriptor).c_str(), buffer.data(), buffer.size());
  if (length <= 0 || static_cast<std::size_t>(length) == buffer.size()) return "";
  return {buffer.data(), static_cast<std::size_t>(length)};
}

bool below(std::string_view path, std::string_view root) {
  if (root == "/") return path.starts_with('/');
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

// The files of /proc and /sys are the kernel's data about this process and others.
bool of_the_kernel(int descriptor) {
  struct statfs about {};
  return ::fstatfs(descriptor, &about) == 0 && (about.f_type == PROC_SUPER_MAGIC || about.f_type == SYSFS_MAGIC);
}

Error elsewhere(std::string_view name) {
  return Error{fmt::format(
      "'{}' leads out of the scenario's folder: expected a file beside the scenario or below, or a path that is the "
      "whole value of a --set",
      printable(name))};
}

// A descriptor for the file's place only (O_PATH). It does not open the file, so no device and no pipe reacts.
Result<int> place_of(const std::string& path, std::string_view root) {
  Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.get() < 0) return unreadable(path, errno);
  struct stat about {};
  if (::fstat(place.get(), &about) != 0) return unreadable(path, errno);
  if (!root.empty() && (!below(real_path(place.get()), root) || of_the_kernel(place.get()))) return elsewhere(path);
  if (!S_ISREG(about.st_mode)) {
    return Error{fmt::format("{}: is {}: expected a regular file", printable(path), kind_of(about.st_mode))};
  }
  return place.release();
}

}  // namespace

InputFile::InputFile(int descriptor, std::string path, std::uint64_t size, std::string version) noexcept
    : descriptor_(descriptor), path_(std::move(path)), size_(size), left_(size), version_(std::move(version)) {}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_),
      left_(other.left_),
      version_(std::move(other.version_)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(left_, other.left_);
  std::swap(version_, other.version_);
  return *this;
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> InputFile::read(char* to, std::size_t most) {
  most = static_cast<std::size_t>(std::min<std::uint64_t>(most, left_));
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, to, most);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return unreadable(path_, errno);
  left_ -= static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

Result<std::string> InputFile::read_all(std::uint64_t most) {
  if (size_ > most) {
    return Error{fmt::format("{}: is {} bytes long: expected at most {}", printable(path_), size_, most)};
  }
  std::string text(static_cast<std::size_t>(size_), '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto got = read(text.data() + length, text.size() - length);
    if (!got) return got.error();
    if (*got == 0) break;
    length += *got;
  }
  text.resize(length);
  return {Result<std::string>::in_place_value, std::move(text)};
}

Result<InputFile> NamedFile::open() const {
  const auto found = place_of(path_, root_);
  if (!found) return found.error();
  const Descriptor place(*found);
  struct stat about {};
  Descriptor file(::open(link_of(place.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) return unreadable(path_, errno);
  if (::fstat(file.get(), &about) != 0) return unreadable(path_, errno);
  std::string version = fmt::format("{}:{}:{}:{}.{:09}", about.st_dev, about.st_ino, about.st_size,
                                    about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
  return {Result<InputFile>::in_place_value, file.release(), path_, static_cast<std::uint64_t>(about.st_size),
          std::move(version)};
}

bool NamedFile::exists() const {
  struct stat about {};
  return ::stat(path_.c_str(), &about) == 0;
}

ScenarioFolder::ScenarioFolder(const std::string& scenario, const std::map<std::string, std::string>& settings,
                               const std::vector<std::string>& library_paths) {
  std::vector<std::string> folders{fs::path(scenario).parent_path().string()};
  folders.insert(folders.end(), library_paths.begin(), library_paths.end());
  for (std::string& folder : folders) {
    std::error_code failure;
    std::string real = fs::canonical(folder.empty() ? "." : folder, failure).string();
    // No file is below a folder that does not exist. An empty root would allow every path.
    roots_.push_back({std::move(folder), failure ? std::string("//") : std::move(real)});
  }
  for (const auto& [key, value] : settings) callers_.insert(value);
}

std::vector<std::string> ScenarioFolder::places(std::string_view name) const {
  std::vector<std::string> result;
  for (const Root& root : roots_) result.push_back((fs::path(root.shown) / std::string(name)).string());
  return result;
}

Result<NamedFile> ScenarioFolder::find_data(std::string_view name) const {
  if (!name.empty() && callers_.contains(name) && name.find('\0') == std::string_view::npos)
    return NamedFile::of_caller(std::string(name));
  return find_module(name);
}

Result<NamedFile> ScenarioFolder::find_module(std::string_view name) const {
  // Checks the text first: a scenario must not learn whether such a file exists elsewhere.
  const fs::path written = fs::path(std::string(name)).lexically_normal();
  if (name.empty() || name.find('\0') != std::string_view::npos || written.is_absolute() || written.empty() ||
      *written.begin() == "..")
    return elsewhere(name);
  std::vector<std::string> paths = places(name);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    NamedFile file(paths[i], roots_[i].real);
    if (!file.exists()) continue;
    const auto found = place_of(paths[i], roots_[i].real);
    if (!found) return found.error();
    ::close(*found);
    return file;
  }
  if (paths.empty()) return elsewhere(name);
  return NamedFile(std::move(paths.front()), roots_.front().real);
}

}  // namespace gelombang
