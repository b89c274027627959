#include "imaging/scene.hpp"

#include "imaging/table.hpp"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <numbers>
#include <string>

namespace gelombang {
namespace {

constexpr double kCardRatio = 85.60 / 53.98;  // ISO/IEC 7810 ID-1
constexpr double kCornerRadius = 3.18 / 85.60;
constexpr const char* kFont = "DejaVu Sans";

struct Place {
  double x = 0;  // centre of the card, pixels
  double y = 0;
  double angle = 0;  // radians
  double width = 0;
  double height = 0;
};

// The whole card lies in the frame with a margin, or one corner lies outside.
Place place_card(const PhotoSpec& spec, int width, int height, RandomStream& random) {
  Place place;
  place.angle = (random.uniform() * 2 - 1) * 6 * std::numbers::pi / 180;
  const double c = std::abs(std::cos(place.angle));
  const double s = std::abs(std::sin(place.angle));
  // The largest card whose turned bounding box fits, then 74 to 90 % of that.
  const double fit = std::min(width / (c + s / kCardRatio), height / (s + c / kCardRatio));
  place.width = fit * (0.74 + 0.16 * random.uniform());
  place.height = place.width / kCardRatio;
  const double half_x = (place.width * c + place.height * s) / 2;
  const double half_y = (place.width * s + place.height * c) / 2;
  constexpr double kMargin = 0.03;
  const double free_x = std::max(0.0, width * (0.5 - kMargin) - half_x);
  const double free_y = std::max(0.0, height * (0.5 - kMargin) - half_y);
  place.x = width / 2.0 + (random.uniform() * 2 - 1) * free_x;
  place.y = height / 2.0 + (random.uniform() * 2 - 1) * free_y;
  const std::uint64_t corner = random.below(4);
  if (spec.crop > 0) {
    const double side_x = corner % 2 == 0 ? -1 : 1;
    const double side_y = corner < 2 ? -1 : 1;
    const double corner_x = side_x * place.width / 2;
    const double corner_y = side_y * place.height / 2;
    const double turned_x = corner_x * std::cos(place.angle) - corner_y * std::sin(place.angle);
    const double turned_y = corner_x * std::sin(place.angle) + corner_y * std::cos(place.angle);
    const double edge_x = side_x < 0 ? 0 : width;
    const double edge_y = side_y < 0 ? 0 : height;
    place.x = edge_x + side_x * spec.crop * place.width - turned_x;
    place.y = edge_y + side_y * spec.crop * place.height - turned_y;
  }
  return place;
}

// A photocopier: no colour, more contrast, paper instead of tint.
Rgb copied(Rgb color) {
  const double grey = 0.299 * color.red + 0.587 * color.green + 0.114 * color.blue;
  const double tone = std::clamp(0.5 + (grey - 0.45) * 1.25, 0.05, 0.93);
  return {tone, tone, tone};
}

struct Palette {
  Rgb card, portrait, text, stamp;
};

Result<Palette> read_palette(const PhotoSpec& spec) {
  Palette palette;
  const std::array<std::pair<const std::string*, Rgb*>, 4> colors = {{{&spec.card_color, &palette.card},
                                                                      {&spec.portrait_color, &palette.portrait},
                                                                      {&spec.text_color, &palette.text},
                                                                      {&spec.stamp_color, &palette.stamp}}};
  for (const auto& [text, color] : colors) {
    const auto parsed = parse_color(*text);
    if (!parsed) return parsed.error();
    *color = spec.photocopy ? copied(*parsed) : *parsed;
  }
  return palette;
}

void set_color(cairo_t* cairo, Rgb color, double alpha = 1) {
  cairo_set_source_rgba(cairo, color.red, color.green, color.blue, alpha);
}

// All drawing below is in units of the card's width: the card is 1 wide and 1 / kCardRatio high.
constexpr double kHeight = 1 / kCardRatio;

void card_outline(cairo_t* cairo) {
  constexpr double r = kCornerRadius;
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_new_sub_path(cairo);
  cairo_arc(cairo, 1 - r, r, r, -kQuarter, 0);
  cairo_arc(cairo, 1 - r, kHeight - r, r, 0, kQuarter);
  cairo_arc(cairo, r, kHeight - r, r, kQuarter, 2 * kQuarter);
  cairo_arc(cairo, r, r, r, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo);
}

void set_font(cairo_t* cairo, double size, bool bold) {
  cairo_select_font_face(cairo, kFont, CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo, size);
}

double text_width(cairo_t* cairo, const std::string& text) {
  cairo_text_extents_t extents;
  cairo_text_extents(cairo, text.c_str(), &extents);
  return extents.x_advance;
}

// Draws at (x, y). A text wider than `room` is scaled down.
void draw_text(cairo_t* cairo, const std::string& text, double x, double y, double room, bool centred = false) {
  const double width = text_width(cairo, text);
  const double scale = width > room ? room / width : 1;
  cairo_save(cairo);
  cairo_translate(cairo, centred ? x - width * scale / 2 : x, y);
  cairo_scale(cairo, scale, scale);
  cairo_move_to(cairo, 0, 0);
  cairo_show_text(cairo, text.c_str());
  cairo_restore(cairo);
}

void draw_card_face(cairo_t* cairo, const PhotoSpec& spec, const Palette& palette) {
  card_outline(cairo);
  set_color(cairo, palette.card);
  cairo_fill_preserve(cairo);
  cairo_clip(cairo);

  constexpr double kSide = 0.04;
  constexpr double kTitlePitch = 0.042;
  double y = 0.02;
  set_color(cairo, palette.text);
  set_font(cairo, 0.034, true);
  for (const auto& line : spec.title) {
    y += kTitlePitch;
    draw_text(cairo, line, 0.5, y, 1 - 2 * kSide, true);
  }
  const double top = y + 0.035;

  constexpr double kPortraitLeft = 0.74;
  constexpr double kPortraitWidth = 0.21;
  set_color(cairo, palette.portrait);
  cairo_rectangle(cairo, kPortraitLeft, top + 0.02, kPortraitWidth, std::min(0.28, kHeight - top - 0.06));
  cairo_fill(cairo);

  const double pitch =
      std::min(0.036, (kHeight - 0.03 - top) / static_cast<double>(std::max<std::size_t>(1, spec.lines.size())));
  set_color(cairo, palette.text);
  set_font(cairo, pitch * 0.72, false);
  double label_width = 0;
  for (const auto& line : spec.lines) label_width = std::max(label_width, text_width(cairo, line.label));
  label_width = std::min(label_width, 0.24);
  y = top;
  for (const auto& line : spec.lines) {
    y += pitch;
    double x = kSide;
    if (!line.label.empty()) {
      draw_text(cairo, line.label, x, y, label_width);
      x += label_width + 0.015;
      draw_text(cairo, ":", x, y, 0.02);
      x += 0.02;
    }
    draw_text(cairo, line.value, x, y, kPortraitLeft - 0.02 - x);
  }
}

void draw_stamp(cairo_t* cairo, const std::string& stamp, Rgb color) {
  cairo_save(cairo);
  cairo_translate(cairo, 0.5, kHeight / 2);
  cairo_rotate(cairo, -std::atan(kHeight) * 0.8);
  set_font(cairo, 0.14, true);
  const double width = text_width(cairo, stamp);
  const double size = std::min(0.14, 0.14 * 0.84 / std::max(width, 1e-6));
  set_font(cairo, size, true);
  set_color(cairo, color, 0.55);
  draw_text(cairo, stamp, 0, size * 0.36, 0.84, true);
  cairo_restore(cairo);
}

struct CairoDeleter {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};

}  // namespace

Result<Scene> draw_scene(const PhotoSpec& spec, int width, int height) {
  const auto palette = read_palette(spec);
  if (!palette) return palette.error();
  RandomStream random(spec.seed, RandomPurpose::photo, 0);
  Scene scene{Raster(width, height), 0};
  if (auto drawn = draw_table(scene.raster, spec.table_color, random); !drawn) return drawn.error();
  const Place place = place_card(spec, width, height, random);
  scene.card_width = place.width;

  // Threads may use different contexts at the same time, but cairo 1.16 does not promise that for its toy font caches.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const std::unique_ptr<cairo_surface_t, CairoDeleter> surface(cairo_image_surface_create_for_data(
      scene.raster.pixels.data(), CAIRO_FORMAT_RGB24, width, height, static_cast<int>(scene.raster.stride())));
  const std::unique_ptr<cairo_t, CairoDeleter> cairo(cairo_create(surface.get()));
  cairo_translate(cairo.get(), place.x, place.y);
  cairo_rotate(cairo.get(), place.angle);
  cairo_scale(cairo.get(), place.width, place.width);
  cairo_translate(cairo.get(), -0.5, -kHeight / 2);
  set_font(cairo.get(), 0.1, true);
  if (text_width(cairo.get(), "X") <= 0) return Error{"photo: no font can be used; install fonts-dejavu-core"};
  draw_card_face(cairo.get(), spec, *palette);
  draw_stamp(cairo.get(), spec.stamp, palette->stamp);
  cairo_surface_flush(surface.get());
  if (const auto status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS) {
    return Error{std::string("photo: the card cannot be drawn: ") + cairo_status_to_string(status)};
  }
  return scene;
}

}  // namespace gelombang
