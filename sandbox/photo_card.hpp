// Finds the card in a picture, as the bright region against the table, and measures it.
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
  std::array<Point, 4> corners;  // of the best rectangle, in pixels of the picture, in order around it; the
                                 // first to the second is a long side
  double length = 0;             // pixels of the picture
  double breadth = 0;
};

// The place on the card, as shares of its length and breadth from the first corner.
Point at_share(const FoundCard& card, double along, double across);

// An empty string and a card that lies whole in the frame, or the reason (Indonesian) why there is none.
std::string find_card(const Picture& picture, FoundCard& card);

struct CardMeasures {
  // The steepest step between neighbours as a share of the contrast around it, the median of the places that have
  // contrast, less what noise adds; the card is 400 pixels wide and slightly smoothed for this. 0.5 for a sharp card,
  // about 1 / (2.4 standard deviations) for one that is blurred by as many of those pixels.
  double sharpness = 0;
  // How far the most colourful tenth of the card lies from its commonest tint, in levels of Cb and Cr at mid
  // brightness. White paper and grey print have one tint, whatever the light.
  double colour = 0;
};

CardMeasures measure_card(const Picture& picture, const FoundCard& card);

}  // namespace gelombang::sandbox
