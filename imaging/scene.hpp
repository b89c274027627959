// Draws the scene of a photo: the card of a PhotoSpec on a table, before light, noise and lens.
#pragma once

#include "imaging/photo.hpp"
#include "imaging/raster.hpp"

namespace gelombang {

struct Scene {
  Raster raster;
  double card_width = 0;  // pixels
};

// Of `width` x `height` pixels whatever the spec says. An Error where a colour or text cannot be drawn.
Result<Scene> draw_scene(const PhotoSpec& spec, int width, int height);

}  // namespace gelombang
