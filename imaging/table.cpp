#include "imaging/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace gelombang {
namespace {

constexpr std::array<std::string_view, 8> kTableColors = {"#6b4a32", "#4d3b2e", "#7a5a3c", "#3f4a44",
                                                          "#3a3f4b", "#5a2f2a", "#2f3e33", "#55504a"};
constexpr std::size_t kStreaks = 1U << 12;

// Values of about -1 to 1 that change slowly: streaks along the grain of the wood.
std::vector<double> streaks(RandomStream& random) {
  std::vector<double> values(kStreaks);
  double value = 0;
  for (auto& streak : values) {
    value = 0.92 * value + 0.25 * random.normal();
    streak = std::clamp(value, -1.5, 1.5);
  }
  return values;
}

}  // namespace

Result<Rgb> parse_color(std::string_view text) {
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  if (text.size() == 7 && text[0] == '#') {
    const auto [stopped, error] = std::from_chars(text.data() + 1, end, value, 16);
    if (error == std::errc() && stopped == end) {
      return Rgb{(value >> 16) / 255.0, ((value >> 8) & 255) / 255.0, (value & 255) / 255.0};
    }
  }
  return Error{fmt::format("photo: bad colour '{}', expected \"#rrggbb\"", text)};
}

Result<void> draw_table(Raster& raster, std::string_view color, RandomStream& random) {
  const std::string_view chosen = kTableColors[random.below(kTableColors.size())];
  const auto base = parse_color(color.empty() ? chosen : color);
  if (!base) return base.error();
  const auto wood = streaks(random);
  const double plank_height = raster.height / (3.0 + 4.0 * random.uniform());
  const double wave = raster.width * (0.4 + random.uniform());
  const double scale = 600.0 / raster.height;  // streaks look alike at every size

  // One pixel in 256 steps of brightness, so that the inner loop only looks up pixels.
  std::array<std::array<std::uint8_t, 4>, 256> tones{};
  for (std::size_t i = 0; i < tones.size(); ++i) {
    const double gain = 0.72 + 0.56 * static_cast<double>(i) / 255.0;
    const auto level = [&](double part) {
      return static_cast<std::uint8_t>(std::clamp(std::lround(part * gain * 255), 0L, 255L));
    };
    tones[i] = {level(base->blue), level(base->green), level(base->red), 255};
  }
  std::vector<double> bend(static_cast<std::size_t>(raster.width));
  for (std::size_t x = 0; x < bend.size(); ++x) bend[x] = 6 * std::sin(static_cast<double>(x) / wave * 6.28);
  for (int y = 0; y < raster.height; ++y) {
    const auto plank = static_cast<std::uint64_t>(y / plank_height);
    const std::uint64_t shade = mix64(plank + static_cast<std::uint64_t>(wave));
    const double tone = 128 + 50 * (static_cast<double>(shade & 255) / 255.0 - 0.5);
    const double along = y * scale + static_cast<double>((shade >> 8) & 2047);
    const double gap = y - static_cast<double>(plank) * plank_height < raster.height * 0.004 ? -90 : 0;
    std::uint8_t* to = raster.row(y);
    for (const double offset : bend) {
      const double streak = wood[static_cast<std::size_t>((along + offset + 16) * 4) % kStreaks];
      const auto index = static_cast<std::size_t>(std::clamp(tone + 40 * streak + gap, 0.0, 255.0)) & ~std::size_t{15};
      std::copy_n(tones[index].data(), 4, to);
      to += 4;
    }
  }
  return {};
}

}  // namespace gelombang
