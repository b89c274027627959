// Checks an uploaded photo of an identity card against the rules that the portal publishes: size, format, whole card in
// the frame, not blurred, not a photocopy. Works on pixels, in bounded memory and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gelombang::sandbox {

struct PhotoVerdict {
  bool accepted = false;
  std::string rule;     // the first rule broken: size, format, readable, framing, blur, photocopy; empty if accepted
  std::string message;  // Indonesian, for the applicant; empty if accepted
  int status = 200;     // HTTP: 413 for size, 415 for format, 422 for the others, 200 if accepted
};

// `photo_limit` in bytes: a photo must be strictly smaller. Honours the EXIF orientation: checks the card as a viewer
// would show it. Thread-safe. Never throws for any bytes, except when out of memory.
PhotoVerdict check_photo(std::span<const std::byte> image, std::uint64_t photo_limit);

}  // namespace gelombang::sandbox
