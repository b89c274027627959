// File formats around encoded pixels: padding that viewers skip, the EXIF orientation tag, and the two formats that are
// built here completely.
#pragma once

#include "base/random.hpp"

#include <cstdint>
#include <string>

namespace gelombang {

// The smallest number of bytes that each pad_* function can add.
inline constexpr std::uint64_t kJpegPadMin = 4;  // a comment segment without text
inline constexpr std::uint64_t kPngPadMin = 12;  // a private ancillary chunk without data

// Adds a tag to `jpeg` that tells viewers to turn the photo back. `rotated`: its clockwise turn in degrees.
std::string add_exif_orientation(std::string jpeg, int rotated);
// Adds exactly `bytes` bytes as comment segments after the application segments. bytes >= kJpegPadMin.
std::string pad_jpeg(std::string jpeg, std::uint64_t bytes, RandomStream& random);
// Adds exactly `bytes` bytes as private chunks before the end. bytes >= kPngPadMin.
std::string pad_png(std::string png, std::uint64_t bytes, RandomStream& random);

// One page that shows the JPEG. `size` is exact; 0 = any size. Returns an empty string if `size` is too small.
std::string make_pdf(const std::string& jpeg, int width, int height, std::uint64_t size);
// An ISO base media file with the brands and boxes of a HEIC photo; `size` as above.
std::string make_heic_like(int width, int height, std::uint64_t size, RandomStream& random);

// Random bytes that do not begin like any image format.
std::string make_garbage(std::uint64_t size, RandomStream& random);

}  // namespace gelombang
