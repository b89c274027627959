#include "sandbox/photo_store.hpp"

#include "sandbox/durable_file.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace gelombang::sandbox {

namespace fs = std::filesystem;

Result<void> PhotoStore::open(const std::unordered_set<std::string>& known) {
  std::error_code ec;
  fs::create_directories(directory_, ec);
  if (ec) return Error{fmt::format("photo directory {}: {}", directory_, ec.message())};
  std::uint64_t used = 0;
  for (fs::directory_iterator entry(directory_, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (!known.contains(entry->path().filename().string())) {
      std::error_code ignored;
      fs::remove(entry->path(), ignored);
      continue;
    }
    std::error_code unreadable;
    const std::uintmax_t size = entry->file_size(unreadable);
    if (!unreadable) used += size;
  }
  if (ec) return Error{fmt::format("photo directory {}: {}", directory_, ec.message())};
  used_ = used;
  return {};
}

PhotoStore::Stored PhotoStore::store(std::int64_t account, std::span<const std::byte> photo, std::uint64_t quota) {
  const std::uint64_t size = photo.size();
  const std::uint64_t before = used_.fetch_add(size);
  if (quota != 0 && before + size > quota) {
    used_ -= size;
    return {Outcome::full, {}};
  }
  const bool png = photo.size() > 1 && photo[1] == std::byte{'P'};
  const std::string file = fmt::format("{}-{:08x}.{}", account, randombytes_random(), png ? "png" : "jpg");
  const std::string path = directory_ + "/" + file;
  const FileOutcome outcome =
      write_durably(path + ".tmp", path, std::string_view(reinterpret_cast<const char*>(photo.data()), photo.size()));
  if (outcome == FileOutcome::written) return {Outcome::stored, file};
  used_ -= size;
  return {outcome == FileOutcome::no_space ? Outcome::full : Outcome::failed, {}};
}

void PhotoStore::remove(const std::string& file) {
  std::error_code ec;
  const std::string path = directory_ + "/" + file;
  const std::uintmax_t size = fs::file_size(path, ec);
  if (!ec && fs::remove(path, ec)) used_ -= size;
}

}  // namespace gelombang::sandbox
