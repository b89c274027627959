#include "sandbox/photo_upload.hpp"

#include <algorithm>

namespace gelombang::sandbox {
namespace {

constexpr std::uint64_t kStep = 256 * 1024;  // memory is taken in steps, so that a slow sender holds little

}  // namespace

bool UploadMemory::take(std::uint64_t bytes) noexcept {
  const std::uint64_t before = used_.fetch_add(bytes);
  if (before + bytes <= limit_) return true;
  used_ -= bytes;
  return false;
}

PhotoUpload::PhotoUpload(std::string_view boundary, std::uint64_t photo_limit, UploadMemory& memory)
    : limit_(photo_limit), memory_(memory), parser_(boundary, *this) {}

PhotoUpload::~PhotoUpload() { memory_.give_back(taken_); }

PhotoUpload::Outcome PhotoUpload::outcome() const {
  if (no_memory_) return Outcome::no_memory;
  if (parser_.state() != MultipartParser::State::complete) return Outcome::malformed;
  return seen_photo_ ? Outcome::photo : Outcome::no_photo;
}

void PhotoUpload::on_part(const PartHeader& header) {
  // Only the first part with that name counts. Other parts are skipped.
  in_photo_ = header.name == "photo" && !seen_photo_;
  seen_photo_ = seen_photo_ || in_photo_;
}

void PhotoUpload::on_data(std::string_view bytes) {
  if (!in_photo_ || no_memory_) return;
  const std::size_t room = static_cast<std::size_t>(limit_) - std::min<std::size_t>(bytes_.size(), limit_);
  bytes = bytes.substr(0, room);
  while (bytes_.size() + bytes.size() > taken_) {
    if (!memory_.take(kStep)) {
      no_memory_ = true;
      bytes_ = std::string();
      return;
    }
    taken_ += kStep;
  }
  bytes_.append(bytes);
}

}  // namespace gelombang::sandbox
