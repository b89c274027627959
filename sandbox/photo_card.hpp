// Finds the card in a picture, as the bright region on a darker table, and measures it.
#pragma once

#include "sandbox/photo_decode.hpp"

#include <array>
#include <string>

namespace gelombang::sandbox {

struct Point {
  double x = 0;
  double y = 0;
};

struct FoundCard {
  std::array<Point, 4> corners;  // of the best rectangle, in pixels of the picture, in order around it; the first to
                                 // the second is a long side
  double length = 0;             // pixels of the picture
  double breadth = 0;
};

// A place on the card, given as shares of its length and breadth from the first corner.
Point at_share(const FoundCard& card, double along, double across);

// Returns an empty string and a card that is fully in the frame, or the reason (Indonesian) why there is none.
std::string find_card(const Picture& picture, FoundCard& card);

struct CardMeasures {
  // The steepest step between neighbours, as a share of the contrast around it, minus the part from noise: the median
  // over all places with contrast. For this, the card is scaled to 400 pixels width and slightly smoothed. 0.5 for a
  // sharp card, about 1 / (2.4 standard deviations) for a card blurred by that many of those pixels.
  double sharpness = 0;
  // The distance of the most colourful tenth of the card from its most common tint, in levels of Cb and Cr at mid
  // brightness. White paper and grey print have one tint in any light.
  double colour = 0;
};

CardMeasures measure_card(const Picture& picture, const FoundCard& card);

}  // namespace gelombang::sandbox
