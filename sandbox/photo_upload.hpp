// Collects the `photo` part of a streamed multipart body, never more of it than the limit.
#pragma once

#include "sandbox/multipart.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

// Bytes of photos in memory now, of all uploads together.
class UploadMemory {
 public:
  explicit UploadMemory(std::uint64_t limit) : limit_(limit) {}
  bool take(std::uint64_t bytes) noexcept;
  void give_back(std::uint64_t bytes) noexcept { used_ -= bytes; }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

class PhotoUpload final : private MultipartEvents {
 public:
  enum class Outcome : std::uint8_t { photo, no_photo, malformed, no_memory };

  // Keeps the first `photo_limit` bytes of the photo. A photo must be smaller than that: one with that many bytes is
  // over the limit, and the check refuses it. `boundary` is the one of the Content-Type.
  PhotoUpload(std::string_view boundary, std::uint64_t photo_limit, UploadMemory& memory);
  ~PhotoUpload() override;
  PhotoUpload(const PhotoUpload&) = delete;
  PhotoUpload& operator=(const PhotoUpload&) = delete;

  void feed(std::string_view bytes) { parser_.feed(bytes); }
  [[nodiscard]] Outcome outcome() const;
  [[nodiscard]] std::span<const std::byte> photo() const { return std::as_bytes(std::span(bytes_)); }

 private:
  void on_part(const PartHeader& header) override;
  void on_data(std::string_view bytes) override;

  std::uint64_t limit_;
  UploadMemory& memory_;
  std::uint64_t taken_ = 0;
  bool in_photo_ = false;
  bool seen_photo_ = false;
  bool no_memory_ = false;
  std::string bytes_;
  MultipartParser parser_;
};

}  // namespace gelombang::sandbox
