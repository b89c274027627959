#include "sandbox/photo_card.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gelombang::sandbox {
namespace {

constexpr int kSearchSide = 320;  // pixels of the longer side of the picture in which the card is searched

// One byte per pixel.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  }
};

std::uint32_t luma(const std::uint8_t* rgb) { return (77U * rgb[0] + 150U * rgb[1] + 29U * rgb[2] + 128U) >> 8; }

// Means of `factor` x `factor` pixels.
Plane small_luma(const Picture& picture, int factor) {
  Plane plane{picture.width / factor, picture.height / factor, {}};
  plane.values.resize(plane.index(0, plane.height));
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      std::uint32_t sum = 0;
      for (int dy = 0; dy < factor; ++dy) {
        const std::uint8_t* row =
            picture.rgb.data() + (static_cast<std::size_t>(y * factor + dy) * static_cast<std::size_t>(picture.width) +
                                  static_cast<std::size_t>(x * factor)) *
                                     3;
        for (int dx = 0; dx < factor; ++dx) sum += luma(row + dx * 3);
      }
      plane.values[plane.index(x, y)] = static_cast<std::uint8_t>(sum / static_cast<std::uint32_t>(factor * factor));
    }
  }
  return plane;
}

struct Split {
  int threshold = 0;    // brighter pixels are above it
  double contrast = 0;  // mean of the bright minus mean of the dark
};

// N. Otsu 1979: the threshold with the least variance within both classes.
Split otsu(const Plane& plane) {
  std::array<double, 256> histogram{};
  for (const auto value : plane.values) histogram[value] += 1;
  double total = 0;
  double weighted = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    total += histogram[i];
    weighted += static_cast<double>(i) * histogram[i];
  }
  Split best;
  double best_between = -1;
  double dark = 0;
  double dark_weighted = 0;
  for (std::size_t i = 0; i + 1 < histogram.size(); ++i) {
    dark += histogram[i];
    dark_weighted += static_cast<double>(i) * histogram[i];
    if (dark == 0 || dark == total) continue;
    const double contrast = (weighted - dark_weighted) / (total - dark) - dark_weighted / dark;
    const double between = dark * (total - dark) * contrast * contrast;
    if (between > best_between) {
      best_between = between;
      best = {static_cast<int>(i), contrast};
    }
  }
  return best;
}

// Marks with `mark` all pixels of value `from` connected to `seed`. Returns their number.
std::size_t flood(Plane& plane, std::size_t seed, std::uint8_t from, std::uint8_t mark,
                  std::vector<std::size_t>& stack) {
  const auto width = static_cast<std::size_t>(plane.width);
  std::size_t count = 0;
  const auto visit = [&](std::size_t at) {
    if (plane.values[at] != from) return;
    plane.values[at] = mark;
    ++count;
    stack.push_back(at);
  };
  visit(seed);
  while (!stack.empty()) {
    const std::size_t at = stack.back();
    stack.pop_back();
    const std::size_t x = at % width;
    if (x > 0) visit(at - 1);
    if (x + 1 < width) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at + width < plane.values.size()) visit(at + width);
  }
  return count;
}

constexpr std::uint8_t kDark = 0;
constexpr std::uint8_t kBright = 1;
constexpr std::uint8_t kSeen = 2;
constexpr std::uint8_t kRegion = 3;
constexpr std::uint8_t kOutside = 4;

// Finds the largest bright region and its holes (text, portrait). Afterwards, every pixel except kOutside is card.
void keep_largest_region(Plane& plane, int threshold) {
  for (auto& value : plane.values) value = value > threshold ? kBright : kDark;
  std::vector<std::size_t> stack;
  std::size_t largest = 0;
  std::size_t seed = 0;
  for (std::size_t at = 0; at < plane.values.size(); ++at) {
    if (plane.values[at] != kBright) continue;
    const std::size_t count = flood(plane, at, kBright, kSeen, stack);
    if (count > largest) {
      largest = count;
      seed = at;
    }
  }
  if (largest == 0) return;
  flood(plane, seed, kSeen, kRegion, stack);
  for (auto& value : plane.values) value = value == kRegion ? kRegion : kDark;
  const auto border = [&](int x, int y) { flood(plane, plane.index(x, y), kDark, kOutside, stack); };
  for (int x = 0; x < plane.width; ++x) {
    border(x, 0);
    border(x, plane.height - 1);
  }
  for (int y = 0; y < plane.height; ++y) {
    border(0, y);
    border(plane.width - 1, y);
  }
}

bool touches_border(const Plane& plane) {
  const auto inside = [&](int x, int y) { return plane.values[plane.index(x, y)] != kOutside; };
  for (int x = 0; x < plane.width; ++x) {
    if (inside(x, 0) || inside(x, plane.height - 1)) return true;
  }
  for (int y = 0; y < plane.height; ++y) {
    if (inside(0, y) || inside(plane.width - 1, y)) return true;
  }
  return false;
}

double cross(Point o, Point a, Point b) { return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x); }

// Andrew's monotone chain over the outlines of the rows, which come sorted by y.
std::vector<Point> convex_hull(const Plane& plane, double& area) {
  std::vector<Point> points;
  area = 0;
  for (int y = 0; y < plane.height; ++y) {
    int left = -1;
    int right = -1;
    for (int x = 0; x < plane.width; ++x) {
      if (plane.values[plane.index(x, y)] == kOutside) continue;
      if (left < 0) left = x;
      right = x;
      area += 1;
    }
    if (left < 0) continue;
    for (const int edge : {y, y + 1}) {
      points.push_back({double(left), double(edge)});
      points.push_back({double(right + 1), double(edge)});
    }
  }
  std::sort(points.begin(), points.end(), [](Point a, Point b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
  std::vector<Point> hull(points.size() * 2);
  std::size_t size = 0;
  const auto add = [&](Point point, std::size_t least) {
    while (size >= least && cross(hull[size - 2], hull[size - 1], point) <= 0) --size;
    hull[size++] = point;
  };
  for (const Point point : points) add(point, 2);
  const std::size_t lower = size + 1;
  for (std::size_t i = points.size() - 1; i-- > 0;) add(points[i], lower);
  hull.resize(size > 0 ? size - 1 : 0);
  return hull;
}

// The smallest rectangle around the hull: one of its sides lies on a side of the hull.
FoundCard smallest_rectangle(const std::vector<Point>& hull) {
  FoundCard best;
  double best_area = 1e300;
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const Point a = hull[i];
    const Point b = hull[(i + 1) % hull.size()];
    const double side = std::hypot(b.x - a.x, b.y - a.y);
    if (side < 1) continue;
    const Point u{(b.x - a.x) / side, (b.y - a.y) / side};
    double u_min = 1e300, u_max = -1e300, v_min = 1e300, v_max = -1e300;
    for (const Point p : hull) {
      const double along = p.x * u.x + p.y * u.y;
      const double across = p.y * u.x - p.x * u.y;
      u_min = std::min(u_min, along);
      u_max = std::max(u_max, along);
      v_min = std::min(v_min, across);
      v_max = std::max(v_max, across);
    }
    const double area = (u_max - u_min) * (v_max - v_min);
    if (area >= best_area) continue;
    best_area = area;
    const auto at = [&](double along, double across) {
      return Point{along * u.x - across * u.y, along * u.y + across * u.x};
    };
    best.corners = {at(u_min, v_min), at(u_max, v_min), at(u_max, v_max), at(u_min, v_max)};
    best.length = u_max - u_min;
    best.breadth = v_max - v_min;
  }
  if (best.length < best.breadth) {
    std::rotate(best.corners.begin(), best.corners.begin() + 1, best.corners.end());
    std::swap(best.length, best.breadth);
  }
  return best;
}

// The region fills a share of a square in each corner of the card. Returns the smallest of the four shares.
double fullest_corners(const Plane& plane, const FoundCard& card) {
  constexpr int kSteps = 16;
  constexpr double kShare = 0.14;  // of the breadth
  double least = 1;
  for (int corner = 0; corner < 4; ++corner) {
    int filled = 0;
    for (int i = 0; i < kSteps * kSteps; ++i) {
      const int row = i / kSteps;
      double along = (i % kSteps + 0.5) / kSteps * kShare * card.breadth / card.length;
      double across = (row + 0.5) / kSteps * kShare;
      if (corner % 2 == 1) along = 1 - along;
      if (corner >= 2) across = 1 - across;
      const Point p = at_share(card, along, across);
      const int x = std::clamp(static_cast<int>(p.x), 0, plane.width - 1);
      const int y = std::clamp(static_cast<int>(p.y), 0, plane.height - 1);
      filled += plane.values[plane.index(x, y)] != kOutside ? 1 : 0;
    }
    least = std::min(least, double(filled) / (kSteps * kSteps));
  }
  return least;
}

// Orientations 5 to 8 are shown a quarter turn from how they are stored.
bool lies_across(const FoundCard& card, int orientation) {
  const double dx = std::abs(card.corners[1].x - card.corners[0].x);
  const double dy = std::abs(card.corners[1].y - card.corners[0].y);
  const double angle = std::atan2(orientation >= 5 ? dx : dy, orientation >= 5 ? dy : dx);
  return angle <= std::numbers::pi / 6;
}

}  // namespace

Point at_share(const FoundCard& card, double along, double across) {
  const Point& o = card.corners[0];
  const Point& a = card.corners[1];
  const Point& b = card.corners[3];
  return {o.x + (a.x - o.x) * along + (b.x - o.x) * across, o.y + (a.y - o.y) * along + (b.y - o.y) * across};
}

std::string find_card(const Picture& picture, FoundCard& card) {
  constexpr const char* kNotFound =
      "KTP tidak ditemukan dalam foto, letakkan kartu di atas alas yang lebih gelap dan foto seluruhnya";
  constexpr const char* kCut = "KTP terpotong, pastikan keempat sudut kartu berada di dalam foto";
  const int factor = std::max(1, std::max(picture.width, picture.height) / kSearchSide);
  Plane plane = small_luma(picture, factor);
  if (plane.width < 32 || plane.height < 32) return kNotFound;
  constexpr double kLeastContrast = 30;  // levels
  const Split split = otsu(plane);
  if (split.contrast < kLeastContrast) return kNotFound;
  keep_largest_region(plane, split.threshold);
  double area = 0;
  const auto hull = convex_hull(plane, area);
  constexpr double kLeastArea = 0.12;  // of the picture
  if (area < kLeastArea * plane.width * plane.height) return kNotFound;
  if (touches_border(plane)) return kCut;
  card = smallest_rectangle(hull);
  constexpr double kRatio = 85.60 / 53.98;
  const double ratio = card.length / std::max(card.breadth, 1.0);
  constexpr double kLeastFill = 0.90;
  if (ratio < kRatio * 0.88 || ratio > kRatio * 1.12 || area < kLeastFill * card.length * card.breadth) return kCut;
  constexpr double kLeastCorner = 0.75;
  if (fullest_corners(plane, card) < kLeastCorner) return kCut;
  if (!lies_across(card, picture.orientation)) return "KTP berdiri tegak, putar foto sehingga kartu mendatar";
  for (auto& corner : card.corners) corner = {corner.x * factor, corner.y * factor};
  card.length *= factor;
  card.breadth *= factor;
  return {};
}

}  // namespace gelombang::sandbox
