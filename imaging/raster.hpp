// Pixels in cairo's RGB24 layout (B, G, R, unused), and operations on all of them.
#pragma once

#include "base/random.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gelombang {

struct Raster {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // 4 * width * height bytes, rows from the top

  Raster() = default;
  Raster(int w, int h) : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 4) {}
  [[nodiscard]] std::size_t stride() const { return static_cast<std::size_t>(width) * 4; }
  [[nodiscard]] std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * stride(); }
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels.data() + static_cast<std::size_t>(y) * stride(); }
};

// Gaussian blur, `sigma` in pixels: three extended box filters (Gwosdek et al. 2011), so that the time
// does not grow with sigma and small sigmas are not rounded.
void blur(Raster& raster, double sigma);

// Uneven light (up to 8 % brighter and darker at the edges) and sensor noise of `sigma` levels.
void light_and_noise(Raster& raster, double sigma, RandomStream& random);

// Turned clockwise by 0, 90, 180 or 270 degrees.
Raster rotate(Raster raster, int degrees);

}  // namespace gelombang
