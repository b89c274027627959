// Decodes untrusted bytes to a small RGB picture. Checks the dimensions before any allocation and reduces pixels while
// decoding, so a small file cannot ask for much memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gelombang::sandbox {

enum class PhotoKind { jpeg, png, heic, pdf, unknown };

// Decided by the first bytes, not by the file name.
PhotoKind photo_kind(std::span<const std::byte> image) noexcept;

// What the header of a JPEG says before its first scan.
struct JpegHeader {
  int width = 0;
  int height = 0;
  int components = 0;
  int orientation = 1;    // EXIF 1 to 8
  bool buffered = false;  // progressive or with several scans: the decoder must hold all coefficients
  int scans = 0;
};

// False if the bytes are not a JPEG that this code decodes (8 bits, Huffman, 1 or 3 components).
bool read_jpeg_header(std::span<const std::byte> image, JpegHeader& header) noexcept;

struct Picture {
  int width = 0;
  int height = 0;
  int orientation = 1;            // EXIF; the pixels are as stored
  std::vector<std::uint8_t> rgb;  // 3 * width * height bytes
};

// The longer side of a decoded picture is at least this long, unless the image itself is smaller, and at most about
// twice as long.
inline constexpr int kPictureSide = 640;

// Returns an empty string and a picture, or the reason (Indonesian) why there is none.
std::string decode_photo(std::span<const std::byte> image, PhotoKind kind, Picture& picture);

}  // namespace gelombang::sandbox
