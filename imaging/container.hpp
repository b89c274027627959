// File formats around encoded pixels: padding that viewers skip, the EXIF orientation tag, and
// the two formats that are made here whole.
#pragma once

#include "base/random.hpp"

#include <cstdint>
#include <string>

namespace gelombang {

// The smallest number of bytes that each pad_* function can add.
inline constexpr std::uint64_t kJpegPadMin = 4;  // a comment segment without text
inline constexpr std::uint64_t kPngPadMin = 12;  // a private ancillary chunk without data

// `jpeg` with a tag that tells viewers to turn it back after `rotated` degrees clockwise.
std::string add_exif_orientation(std::string jpeg, int rotated);
// Exactly `bytes` longer, by comment segments after the application segments. bytes >= kJpegPadMin.
std::string pad_jpeg(std::string jpeg, std::uint64_t bytes, RandomStream& random);
// Exactly `bytes` longer, by private chunks before the end. bytes >= kPngPadMin.
std::string pad_png(std::string png, std::uint64_t bytes, RandomStream& random);

// One page that shows the JPEG. `size` 0 = as it comes, else exact; an empty string if that is too small.
std::string make_pdf(const std::string& jpeg, int width, int height, std::uint64_t size);
// An ISO base media file with the brands and boxes of a HEIC photo; `size` as above.
std::string make_heic_like(int width, int height, std::uint64_t size, RandomStream& random);

// Bytes that begin like no image format.
std::string make_garbage(std::uint64_t size, RandomStream& random);

}  // namespace gelombang
