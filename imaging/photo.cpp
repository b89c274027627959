#include "imaging/photo.hpp"

#include "imaging/container.hpp"
#include "imaging/encode.hpp"
#include "imaging/scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

constexpr int kSmallestSide = 240;
constexpr int kLargestSide = 8000;
constexpr std::int64_t kMostPixels = 24'000'000;
constexpr std::uint64_t kLargestFile = 64'000'000;

using File = Result<std::string>;

// A string converts to an Error too, so a plain return would be ambiguous.
File made(std::string bytes) { return {boost::system::in_place_value, std::move(bytes)}; }

Result<void> check_text(const PhotoSpec& spec) {
  constexpr std::size_t kLongest = 120;
  if (spec.stamp.empty()) return Error{"photo: stamp is empty, expected a word such as \"SPECIMEN\""};
  if (spec.title.size() > 4) return Error{fmt::format("photo: {} title lines, expected at most 4", spec.title.size())};
  if (spec.lines.size() > 24) return Error{fmt::format("photo: {} lines, expected at most 24", spec.lines.size())};
  bool too_long = spec.stamp.size() > kLongest;
  for (const auto& line : spec.title) too_long = too_long || line.size() > kLongest;
  for (const auto& line : spec.lines) {
    too_long = too_long || line.label.size() > kLongest || line.value.size() > kLongest;
  }
  if (too_long) return Error{fmt::format("photo: a line of text is longer than {} bytes", kLongest)};
  return {};
}

Result<void> check_range(const char* name, double value, double lowest, double highest) {
  if (value >= lowest && value <= highest) return {};
  return Error{fmt::format("photo: {} = {}, expected {} to {}", name, value, lowest, highest)};
}

Result<void> check_numbers(const PhotoSpec& spec) {
  if ((spec.width == 0) != (spec.height == 0)) return Error{"photo: give both width and height, or neither"};
  if (spec.width != 0) {
    if (auto checked = check_range("width", spec.width, kSmallestSide, kLargestSide); !checked) return checked;
    if (auto checked = check_range("height", spec.height, kSmallestSide, kLargestSide); !checked) return checked;
    if (std::int64_t{spec.width} * spec.height > kMostPixels) {
      return Error{
          fmt::format("photo: {} x {} pixels, expected at most {} in all", spec.width, spec.height, kMostPixels)};
    }
  }
  if (spec.size > kLargestFile) {
    return Error{fmt::format("photo: size = {}, expected at most {}", spec.size, kLargestFile)};
  }
  if (auto checked = check_range("quality", spec.quality, 0, 100); !checked) return checked;
  if (auto checked = check_range("grain", spec.grain, 0, 20); !checked) return checked;
  if (auto checked = check_range("crop", spec.crop, 0, 0.5); !checked) return checked;
  if (auto checked = check_range("blur", spec.blur, 0, 20); !checked) return checked;
  if (spec.rotated != 0 && spec.rotated != 90 && spec.rotated != 180 && spec.rotated != 270) {
    return Error{fmt::format("photo: rotated = {}, expected 0, 90, 180 or 270", spec.rotated)};
  }
  if (spec.exif && spec.format != PhotoFormat::jpeg) return Error{"photo: exif is for the format jpeg only"};
  if (spec.quality != 0 && spec.format != PhotoFormat::jpeg && spec.format != PhotoFormat::pdf) {
    return Error{"photo: quality is for the formats jpeg and pdf only"};
  }
  return {};
}

struct Dimensions {
  int width = 0;
  int height = 0;
};

// 4:3 with about `pixels` in all: never more than a phone's camera has, never too few to read the text.
Dimensions four_by_three(double pixels) {
  const double height = std::sqrt(std::clamp(pixels, 320.0 * 240, 12e6) * 3 / 4);
  const int quarter = static_cast<int>(height / 12) * 4;
  return {quarter * 4, quarter * 3};
}

// The pixels of the finished photo. `grain` may be less than the spec's.
Result<Raster> render(const PhotoSpec& spec, Dimensions dimensions, double grain) {
  auto scene = draw_scene(spec, dimensions.width, dimensions.height);
  if (!scene) return scene.error();
  RandomStream random(spec.seed, RandomPurpose::photo, 1);
  blur(scene->raster, spec.blur / 1000 * scene->card_width);
  light_and_noise(scene->raster, grain, random);
  return rotate(std::move(scene->raster), spec.rotated);
}

Error too_small(const PhotoSpec& spec, std::uint64_t least) {
  return Error{fmt::format("photo: {} bytes are too few for this {}, the smallest takes about {}", spec.size,
                           photo_extension(spec.format), least)};
}

// At most `limit` bytes (0 = any).
File jpeg_within(const PhotoSpec& spec, const Raster& raster, std::uint64_t limit) {
  constexpr int kWorst = 35;
  constexpr int kBest = 98;
  if (limit == 0 || spec.quality != 0) {
    auto file = encode_jpeg(raster, spec.quality != 0 ? spec.quality : 90);
    if (file && limit != 0 && file->size() > limit) return too_small(spec, file->size());
    return file;
  }
  const auto guess = guess_jpeg_quality(raster, limit, kWorst, kBest);
  if (!guess) return guess.error();
  for (int quality = *guess;; quality -= 2) {
    auto file = encode_jpeg(raster, quality);
    if (!file || file->size() <= limit) return file;
    if (quality - 2 < kWorst) return too_small(spec, file->size());
  }
}

Dimensions jpeg_dimensions(const PhotoSpec& spec) {
  if (spec.width != 0) return {spec.width, spec.height};
  // Two pixels per byte: a quality of about 95 for most sizes.
  return four_by_three(spec.size == 0 ? 1600.0 * 1200 : std::max(800.0 * 600, 2 * static_cast<double>(spec.size)));
}

File make_jpeg(const PhotoSpec& spec) {
  constexpr std::uint64_t kExifBytes = 36;
  const std::uint64_t added = (spec.size != 0 ? kJpegPadMin : 0) + (spec.exif ? kExifBytes : 0);
  if (spec.size != 0 && spec.size <= added) return too_small(spec, 20'000);
  const auto raster = render(spec, jpeg_dimensions(spec), spec.grain);
  if (!raster) return raster.error();
  auto file = jpeg_within(spec, *raster, spec.size == 0 ? 0 : spec.size - added);
  if (!file) return file;
  if (spec.exif) *file = add_exif_orientation(std::move(*file), spec.rotated);
  if (spec.size == 0) return file;
  RandomStream random(spec.seed, RandomPurpose::photo, 2);
  const std::uint64_t missing = spec.size - file->size();
  return made(pad_jpeg(std::move(*file), missing, random));
}

// PNG has no quality setting. Fewer pixels, and then less noise, make the file small enough.
File make_png(const PhotoSpec& spec) {
  constexpr double kBytesPerPixel = 1.9;  // at the default grain
  constexpr int kTries = 8;
  const std::uint64_t limit = spec.size > kPngPadMin ? spec.size - kPngPadMin : 1;
  double pixels = spec.size == 0 ? 1000.0 * 750 : static_cast<double>(limit) / kBytesPerPixel;
  double grain = spec.grain;
  std::string file;
  for (int i = 0; i < kTries; ++i) {
    const Dimensions dimensions = spec.width != 0 ? Dimensions{spec.width, spec.height} : four_by_three(pixels);
    const auto raster = render(spec, dimensions, grain);
    if (!raster) return raster.error();
    auto encoded = encode_png(*raster, grain == 0);
    if (!encoded) return encoded;
    file = std::move(*encoded);
    if (spec.size == 0) return made(std::move(file));
    if (file.size() <= limit) {
      RandomStream random(spec.seed, RandomPurpose::photo, 2);
      const std::uint64_t missing = spec.size - file.size();
      return made(pad_png(std::move(file), missing, random));
    }
    const bool smallest = spec.width != 0 || four_by_three(0).width == dimensions.width;
    if (smallest && grain == 0) break;
    if (smallest) {
      grain = grain > 0.5 ? grain / 2 : 0;
    } else {
      pixels =
          0.96 * dimensions.width * dimensions.height * static_cast<double>(limit) / static_cast<double>(file.size());
    }
  }
  return too_small(spec, file.size());
}

File make_page(const PhotoSpec& spec) {
  constexpr std::uint64_t kAround = 1200;  // bytes of the PDF around its JPEG, at most
  if (spec.size != 0 && spec.size <= kAround) return too_small(spec, 20'000);
  const Dimensions dimensions = jpeg_dimensions(spec);
  const auto raster = render(spec, dimensions, spec.grain);
  if (!raster) return raster.error();
  const auto jpeg = jpeg_within(spec, *raster, spec.size == 0 ? 0 : spec.size - kAround);
  if (!jpeg) return jpeg.error();
  std::string file = make_pdf(*jpeg, raster->width, raster->height, spec.size);
  if (file.empty()) return too_small(spec, jpeg->size() + kAround);
  return made(std::move(file));
}

File make_file(const PhotoSpec& spec) {
  RandomStream random(spec.seed, RandomPurpose::photo, 3);
  if (spec.wrong_bytes) return made(make_garbage(spec.size != 0 ? spec.size : 300'000, random));
  switch (spec.format) {
    case PhotoFormat::jpeg: return make_jpeg(spec);
    case PhotoFormat::png: return make_png(spec);
    case PhotoFormat::pdf: return make_page(spec);
    case PhotoFormat::heic_like: break;
  }
  const Dimensions dimensions = spec.width != 0 ? Dimensions{spec.width, spec.height} : Dimensions{4032, 3024};
  std::string file = make_heic_like(dimensions.width, dimensions.height, spec.size, random);
  if (file.empty()) return too_small(spec, 300);
  return made(std::move(file));
}

}  // namespace

Result<std::shared_ptr<const std::string>> make_photo(const PhotoSpec& spec) {
  if (auto checked = check_text(spec); !checked) return checked.error();
  if (auto checked = check_numbers(spec); !checked) return checked.error();
  auto file = make_file(spec);
  if (!file) return file.error();
  return std::make_shared<const std::string>(std::move(*file));
}

Result<PhotoFormat> parse_photo_format(std::string_view name) {
  if (name == "jpeg" || name == "jpg") return PhotoFormat::jpeg;
  if (name == "png") return PhotoFormat::png;
  if (name == "heic_like" || name == "heic") return PhotoFormat::heic_like;
  if (name == "pdf") return PhotoFormat::pdf;
  return Error{fmt::format("photo: unknown format '{}', expected jpeg, png, heic_like or pdf", name)};
}

std::string_view photo_media_type(PhotoFormat format) noexcept {
  switch (format) {
    case PhotoFormat::jpeg: return "image/jpeg";
    case PhotoFormat::png: return "image/png";
    case PhotoFormat::heic_like: return "image/heic";
    case PhotoFormat::pdf: break;
  }
  return "application/pdf";
}

std::string_view photo_extension(PhotoFormat format) noexcept {
  switch (format) {
    case PhotoFormat::jpeg: return "jpg";
    case PhotoFormat::png: return "png";
    case PhotoFormat::heic_like: return "heic";
    case PhotoFormat::pdf: break;
  }
  return "pdf";
}

}  // namespace gelombang
