// The second part of photo_card.hpp: how sharp and how colourful the card is, whatever its size in the picture.
#include "sandbox/photo_card.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang::sandbox {
namespace {

constexpr int kCardWidth = 400;  // pixels of the card as it is measured
constexpr int kCardHeight = 252;

// Only the card, upright along its own axes: the mean R, G, B of each cell.
std::vector<std::array<float, 3>> rectify(const Picture& picture, const FoundCard& card) {
  std::vector<std::array<float, 3>> cells(std::size_t{kCardWidth} * kCardHeight);
  const int samples = std::clamp(static_cast<int>(std::ceil(card.length / kCardWidth)), 1, 4);
  const auto sample = [&](Point p, std::array<float, 3>& sum) {
    const double x = std::clamp(p.x - 0.5, 0.0, picture.width - 1.001);
    const double y = std::clamp(p.y - 0.5, 0.0, picture.height - 1.001);
    const int left = static_cast<int>(x);
    const int top = static_cast<int>(y);
    const auto fx = static_cast<float>(x - left);
    const auto fy = static_cast<float>(y - top);
    const std::size_t stride = static_cast<std::size_t>(picture.width) * 3;
    const std::uint8_t* a =
        picture.rgb.data() + static_cast<std::size_t>(top) * stride + static_cast<std::size_t>(left) * 3;
    const std::uint8_t* b = a + stride;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float upper = float(a[channel]) + fx * float(a[channel + 3] - a[channel]);
      const float lower = float(b[channel]) + fx * float(b[channel + 3] - b[channel]);
      sum[channel] += upper + fy * (lower - upper);
    }
  };
  const float weight = 1.0F / float(samples * samples);
  for (int y = 0; y < kCardHeight; ++y) {
    for (int x = 0; x < kCardWidth; ++x) {
      auto& cell = cells[std::size_t(y) * kCardWidth + std::size_t(x)];
      for (int i = 0; i < samples * samples; ++i) {
        const int row = i / samples;
        const double along = (x + (i % samples + 0.5) / samples) / kCardWidth;
        const double across = (y + (row + 0.5) / samples) / kCardHeight;
        sample(at_share(card, along, across), cell);
      }
      for (auto& value : cell) value *= weight;
    }
  }
  return cells;
}

double share_of(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

// A binomial filter of 3 x 3: noise has steps only between neighbours, readable print also has wider steps.
std::vector<float> smoothed_luma(const std::vector<std::array<float, 3>>& cells) {
  std::vector<float> lumas(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    lumas[i] = 0.299F * cells[i][0] + 0.587F * cells[i][1] + 0.114F * cells[i][2];
  }
  std::vector<float> smooth(cells.size());
  constexpr std::size_t kWidth = kCardWidth;
  for (std::size_t i = kWidth + 1; i + kWidth + 1 < lumas.size(); ++i) {
    const auto across = [&](std::size_t at) { return lumas[at - 1] + 2 * lumas[at] + lumas[at + 1]; };
    smooth[i] = (across(i - kWidth) + 2 * across(i) + across(i + kWidth)) / 16;
  }
  return smooth;
}

double sharpness_of(const std::vector<std::array<float, 3>>& cells) {
  constexpr int kInset = 16;   // the edge of the card is the sharpest step, but it need not be readable
  constexpr int kWindow = 12;  // a window holds a letter and some card around it
  constexpr float kContrast = 50;
  const auto lumas = smoothed_luma(cells);
  const auto at = [&](int x, int y) { return lumas[std::size_t(y) * kCardWidth + std::size_t(x)]; };
  std::vector<double> steps;
  for (int y = kInset; y + kInset < kCardHeight; ++y) {
    for (int x = kInset; x + kInset < kCardWidth; ++x) steps.push_back(double(std::abs(at(x + 1, y) - at(x, y))));
  }
  // Most of a card is even, so its median step is noise. The largest step in a window is about five times that noise.
  const auto noise = float(5 * share_of(steps, 0.5));
  std::vector<double> slopes;
  for (int top = kInset; top + kWindow + kInset < kCardHeight; top += kWindow) {
    for (int left = kInset; left + kWindow + kInset < kCardWidth; left += kWindow) {
      float low = 255, high = 0, step = 0;
      for (int y = top; y < top + kWindow; ++y) {
        for (int x = left; x < left + kWindow; ++x) {
          low = std::min(low, at(x, y));
          high = std::max(high, at(x, y));
          step = std::max({step, std::abs(at(x + 1, y) - at(x, y)), std::abs(at(x, y + 1) - at(x, y))});
        }
      }
      const float contrast = high - low;
      if (contrast > kContrast + noise)
        slopes.push_back(double(std::sqrt(std::max(0.0F, step * step - noise * noise)) / contrast));
    }
  }
  return share_of(slopes, 0.5);
}

double colour_of(const std::vector<std::array<float, 3>>& cells) {
  constexpr int kBlock = 4;
  constexpr float kDarkest = 40;  // the tint of black print is noise
  std::vector<double> blues;
  std::vector<double> reds;
  for (int top = 8; top + kBlock + 8 <= kCardHeight; top += kBlock) {
    for (int left = 8; left + kBlock + 8 <= kCardWidth; left += kBlock) {
      float red = 0, green = 0, blue = 0;
      for (int i = 0; i < kBlock * kBlock; ++i) {
        const auto& cell = cells[std::size_t(top + i / kBlock) * kCardWidth + std::size_t(left + i % kBlock)];
        red += cell[0] / (kBlock * kBlock);
        green += cell[1] / (kBlock * kBlock);
        blue += cell[2] / (kBlock * kBlock);
      }
      const float luma = 0.299F * red + 0.587F * green + 0.114F * blue;
      if (luma < kDarkest) continue;
      // Chroma at equal brightness: white paper and grey print in tinted light then have one tint.
      blues.push_back(double((blue - luma) * 0.564F * 128 / luma));
      reds.push_back(double((red - luma) * 0.713F * 128 / luma));
    }
  }
  std::vector<double> copy = blues;
  const double middle_blue = share_of(copy, 0.5);
  copy = reds;
  const double middle_red = share_of(copy, 0.5);
  std::vector<double> distances(blues.size());
  for (std::size_t i = 0; i < blues.size(); ++i)
    distances[i] = std::hypot(blues[i] - middle_blue, reds[i] - middle_red);
  return share_of(distances, 0.95);
}

}  // namespace

CardMeasures measure_card(const Picture& picture, const FoundCard& card) {
  const auto cells = rectify(picture, card);
  return {sharpness_of(cells), colour_of(cells)};
}

}  // namespace gelombang::sandbox
