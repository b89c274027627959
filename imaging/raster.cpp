#include "imaging/raster.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gelombang {
namespace {

// One extended box: weight 1 for |k| <= radius and `edge` (of 256) for |k| = radius + 1.
struct Box {
  int radius = 0;
  std::uint32_t edge = 0;     // 1/256
  std::uint32_t inverse = 0;  // 2^24 / total weight in 1/256
};

Box box_for(double sigma) {
  const double variance = sigma * sigma / 3;
  Box box;
  box.radius = static_cast<int>((std::sqrt(1 + 12 * variance) - 1) / 2);
  const double r = box.radius;
  const double edge = (2 * r + 1) * (r * (r + 1) / 3 - variance) / (2 * (variance - (r + 1) * (r + 1)));
  box.edge = static_cast<std::uint32_t>(std::lround(std::clamp(edge, 0.0, 1.0) * 256));
  const double total = (2 * r + 1) * 256 + 2 * box.edge;
  box.inverse = static_cast<std::uint32_t>(std::lround(16777216.0 / total));
  return box;
}

std::uint8_t weigh(const Box& box, std::uint32_t inner, std::uint32_t outer) {
  const std::uint64_t sum = (std::uint64_t{inner} << 8) + std::uint64_t{outer} * box.edge;
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(255, (sum * box.inverse + (1U << 23)) >> 24));
}

void blur_row(std::uint8_t* row, int width, const Box& box, std::vector<std::uint8_t>& copy) {
  copy.assign(row, row + static_cast<std::size_t>(width) * 4);
  const auto at = [&](int x, int channel) -> std::uint32_t {
    return copy[static_cast<std::size_t>(std::clamp(x, 0, width - 1)) * 4 + static_cast<std::size_t>(channel)];
  };
  for (int channel = 0; channel < 3; ++channel) {
    std::uint32_t inner = 0;
    for (int x = -box.radius; x <= box.radius; ++x) inner += at(x, channel);
    for (int x = 0; x < width; ++x) {
      const std::uint32_t left = at(x - box.radius - 1, channel);
      const std::uint32_t right = at(x + box.radius + 1, channel);
      row[x * 4 + channel] = weigh(box, inner, left + right);
      inner += right - at(x - box.radius, channel);
    }
  }
}

// Down all columns at once, so that memory is read in order.
void blur_columns(Raster& raster, const Box& box, Raster& copy) {
  copy.pixels = raster.pixels;
  copy.width = raster.width;
  copy.height = raster.height;
  const auto row_at = [&](int y) -> const std::uint8_t* { return copy.row(std::clamp(y, 0, raster.height - 1)); };
  std::vector<std::uint32_t> inner(raster.stride());
  for (int y = -box.radius; y <= box.radius; ++y) {
    const std::uint8_t* from = row_at(y);
    for (std::size_t i = 0; i < inner.size(); ++i) inner[i] += from[i];
  }
  for (int y = 0; y < raster.height; ++y) {
    const std::uint8_t* before = row_at(y - box.radius - 1);
    const std::uint8_t* leaving = row_at(y - box.radius);
    const std::uint8_t* after = row_at(y + box.radius + 1);
    std::uint8_t* to = raster.row(y);
    for (std::size_t i = 0; i < inner.size(); ++i) {
      to[i] = weigh(box, inner[i], std::uint32_t{before[i]} + after[i]);
      inner[i] += std::uint32_t{after[i]} - leaving[i];
    }
  }
}

// Each row reads its noise from a random place in a table. A normal draw per pixel would cost more than the encoder.
constexpr std::size_t kNoiseLength = 1U << 15;

std::vector<std::int16_t> noise_table(double sigma, std::size_t length, RandomStream& random) {
  std::vector<std::int16_t> table(length);
  for (auto& value : table) value = static_cast<std::int16_t>(std::lround(sigma * random.normal()));
  return table;
}

}  // namespace

void blur(Raster& raster, double sigma) {
  if (sigma <= 0) return;
  const Box box = box_for(sigma);
  std::vector<std::uint8_t> row_copy;
  Raster copy;
  for (int pass = 0; pass < 3; ++pass) {
    for (int y = 0; y < raster.height; ++y) blur_row(raster.row(y), raster.width, box, row_copy);
    blur_columns(raster, box, copy);
  }
}

void light_and_noise(Raster& raster, double sigma, RandomStream& random) {
  constexpr double kUnit = 256;
  const double angle = random.uniform() * 6.283185307179586;
  const double strength = 0.08 * random.uniform();
  const double dx = strength * std::cos(angle);
  const double dy = strength * std::sin(angle);
  const auto width = static_cast<std::size_t>(raster.width);
  // One gain and one noise value per byte, so that the inner loop stays simple.
  std::vector<std::int32_t> gain_x(raster.stride());
  for (std::size_t x = 0; x < width; ++x) {
    const double place = 2.0 * static_cast<double>(x) / static_cast<double>(raster.width) - 1;
    for (std::size_t channel = 0; channel < 4; ++channel) {
      gain_x[x * 4 + channel] = static_cast<std::int32_t>(std::lround(kUnit * (1 + dx * place)));
    }
  }
  const auto noise = noise_table(sigma, kNoiseLength + raster.stride(), random);
  for (int y = 0; y < raster.height; ++y) {
    const double place = 2.0 * y / raster.height - 1;
    const auto gain_y = static_cast<std::int32_t>(std::lround(kUnit * dy * place));
    const std::int16_t* grain = noise.data() + random.below(kNoiseLength);
    std::uint8_t* row = raster.row(y);
    for (std::size_t i = 0; i < gain_x.size(); ++i) {
      const std::int32_t value = ((row[i] * (gain_x[i] + gain_y) + 128) >> 8) + grain[i];
      row[i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
  }
}

Raster rotate(Raster raster, int degrees) {
  if (degrees == 0) return raster;
  const bool swaps = degrees != 180;
  Raster turned(swaps ? raster.height : raster.width, swaps ? raster.width : raster.height);
  for (int y = 0; y < turned.height; ++y) {
    std::uint8_t* to = turned.row(y);
    for (int x = 0; x < turned.width; ++x, to += 4) {
      int from_x = raster.width - 1 - x;
      int from_y = raster.height - 1 - y;
      if (degrees == 90) {
        from_x = y;
        from_y = raster.height - 1 - x;
      } else if (degrees == 270) {
        from_x = raster.width - 1 - y;
        from_y = x;
      }
      std::copy_n(raster.row(from_y) + static_cast<std::size_t>(from_x) * 4, 4, to);
    }
  }
  return turned;
}

}  // namespace gelombang
