// Draws the scene of a photo: the card of a PhotoSpec on a table, before light, noise and lens.
#pragma once

#include "imaging/photo.hpp"
#include "imaging/raster.hpp"

namespace gelombang {

struct Scene {
  Raster raster;
  double card_width = 0;  // pixels
};

// Uses `width` x `height` pixels, not those of the spec. An Error if a colour or text cannot be drawn.
Result<Scene> draw_scene(const PhotoSpec& spec, int width, int height);

}  // namespace gelombang
