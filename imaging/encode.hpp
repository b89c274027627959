// Raster -> file content, by turbojpeg and libpng.
#pragma once

#include "base/result.hpp"
#include "imaging/raster.hpp"

#include <cstdint>
#include <string>

namespace gelombang {

// Baseline JPEG, 4:2:0, quality 1 to 100.
Result<std::string> encode_jpeg(const Raster& raster, int quality);

// The highest quality from `lowest` to `highest` whose file takes at most `limit` bytes, estimated from an eighth of
// the rows; `lowest` if there is none. The real file may be a little larger.
Result<int> guess_jpeg_quality(const Raster& raster, std::uint64_t limit, int lowest, int highest);

// 8-bit RGB. `smallest` takes more time to make the file smaller.
Result<std::string> encode_png(const Raster& raster, bool smallest);

}  // namespace gelombang
