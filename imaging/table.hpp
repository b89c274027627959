// The table that a card lies on: planks with streaks, dark enough for a card to stand out.
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "imaging/raster.hpp"

#include <string_view>

namespace gelombang {

struct Rgb {
  double red = 0;  // 0 to 1
  double green = 0;
  double blue = 0;
};

// "#rrggbb".
Result<Rgb> parse_color(std::string_view text);

// Fills the raster. If the colour is empty, `random` chooses one from a list.
Result<void> draw_table(Raster& raster, std::string_view color, RandomStream& random);

}  // namespace gelombang
