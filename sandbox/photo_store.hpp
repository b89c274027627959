// Accepted photos on disk, one file each. The 200 is sent only after file, name and row are on the disk, in this order.
// A crash in between leaves at most a file that no row refers to. The next start removes such files.
#pragma once

#include "base/result.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>

namespace gelombang::sandbox {

class PhotoStore {
 public:
  enum class Outcome : std::uint8_t { stored, full, failed };
  struct Stored {
    Outcome outcome = Outcome::failed;
    std::string file;  // name within the store
  };

  explicit PhotoStore(std::string directory) : directory_(std::move(directory)) {}
  // Creates the directory, removes files that are not in `known`, adds up the size of the others.
  Result<void> open(const std::unordered_set<std::string>& known);
  // Blocks until the bytes are on the disk. `quota`: bytes of all photos together, 0 for no limit.
  Stored store(std::int64_t account, std::span<const std::byte> photo, std::uint64_t quota);
  void remove(const std::string& file);
  [[nodiscard]] std::uint64_t used_bytes() const { return used_; }

 private:
  std::string directory_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace gelombang::sandbox
