// The JPEG part of photo_decode.hpp. Walks the markers, because the limits must be known before the decoder starts.
#include "sandbox/photo_decode.hpp"

#include <algorithm>
#include <cstring>

namespace gelombang::sandbox {
namespace {

// A read beyond the end returns 0 and sets `short_of`.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes, bool little_endian = false)
      : bytes_(bytes), little_(little_endian) {}
  [[nodiscard]] std::uint32_t byte(std::size_t at) {
    if (at >= bytes_.size()) {
      short_of_ = true;
      return 0;
    }
    return std::to_integer<std::uint32_t>(bytes_[at]);
  }
  [[nodiscard]] std::uint32_t two(std::size_t at) {
    return little_ ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
  }
  [[nodiscard]] std::uint32_t four(std::size_t at) {
    return little_ ? two(at) | two(at + 2) << 16 : two(at) << 16 | two(at + 2);
  }
  [[nodiscard]] bool short_of() const { return short_of_; }

 private:
  std::span<const std::byte> bytes_;
  bool little_;
  bool short_of_ = false;
};

// Returns 1 if the segment has no orientation that this code understands.
int exif_orientation(std::span<const std::byte> segment) {
  constexpr std::size_t kTiff = 6;  // after "Exif\0\0"
  if (segment.size() < kTiff + 8 || std::memcmp(segment.data(), "Exif\0\0", kTiff) != 0) return 1;
  const auto tiff = segment.subspan(kTiff);
  const bool little = tiff[0] == std::byte{'I'};
  Reader reader(tiff, little);
  if (reader.two(2) != 42) return 1;
  const std::size_t directory = reader.four(4);
  const std::size_t entries = std::min<std::size_t>(reader.two(directory), 256);
  for (std::size_t i = 0; i < entries && !reader.short_of(); ++i) {
    const std::size_t entry = directory + 2 + i * 12;
    if (reader.two(entry) != 0x0112) continue;
    const std::uint32_t value = reader.two(entry + 8);
    return !reader.short_of() && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// In entropy-coded data, FF is always followed by 00 or a restart marker, so every FF DA starts a scan.
int count_scans(std::span<const std::byte> bytes) {
  int scans = 0;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = at + bytes.size();
  while (at < end) {
    at = static_cast<const unsigned char*>(std::memchr(at, 0xFF, static_cast<std::size_t>(end - at)));
    if (at == nullptr || at + 1 >= end) break;
    if (at[1] == 0xDA) ++scans;
    ++at;
  }
  return scans;
}

}  // namespace

bool read_jpeg_header(std::span<const std::byte> image, JpegHeader& header) noexcept {
  Reader reader(image);
  bool progressive = false;
  std::size_t at = 2;
  while (!reader.short_of()) {
    if (reader.byte(at) != 0xFF) return false;
    while (reader.byte(at + 1) == 0xFF) ++at;
    const std::uint32_t marker = reader.byte(at + 1);
    at += 2;
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) continue;
    const std::size_t length = reader.two(at);
    if (length < 2 || reader.short_of() || length > image.size() - at) return false;
    if (marker == 0xE1) {
      const int orientation = exif_orientation(image.subspan(at + 2, length - 2));
      if (header.orientation == 1) header.orientation = orientation;
    } else if (is_frame(marker)) {
      if (marker > 0xC2 || header.components != 0 || reader.byte(at + 2) != 8) return false;
      progressive = marker == 0xC2;
      header.height = static_cast<int>(reader.two(at + 3));
      header.width = static_cast<int>(reader.two(at + 5));
      header.components = static_cast<int>(reader.byte(at + 7));
    } else if (marker == 0xDA) {
      header.scans = count_scans(image.subspan(at - 2));
      header.buffered = progressive || header.scans > 1;
      return (header.components == 1 || header.components == 3) && !reader.short_of();
    } else if (marker == 0xD9) {
      return false;
    }
    at += length;
  }
  return false;
}

}  // namespace gelombang::sandbox
