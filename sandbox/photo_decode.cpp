#include "sandbox/photo_decode.hpp"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <string_view>

namespace gelombang::sandbox {
namespace {

constexpr int kSmallestSide = 200;
constexpr int kLargestSide = 16'000;
constexpr std::int64_t kMostPixels = 64'000'000;          // a sequential JPEG needs only a few rows
constexpr std::int64_t kMostBufferedPixels = 16'000'000;  // about 100 MB of coefficients at 4:4:4
constexpr std::int64_t kMostPngPixels = 16'000'000;       // all pixels must be inflated: 0.6 s at worst
constexpr std::int64_t kMostInterlacedPixels = 4'000'000;
constexpr int kMostScans = 64;

std::string judge_dimensions(std::int64_t width, std::int64_t height, std::int64_t most) {
  if (width < kSmallestSide || height < kSmallestSide) {
    return fmt::format("Foto terlalu kecil ({} x {} piksel), paling sedikit {} x {}", width, height, kSmallestSide,
                       kSmallestSide);
  }
  if (width > kLargestSide || height > kLargestSide || width * height > most) {
    return fmt::format("Foto terlalu besar ({} x {} piksel), paling banyak {} juta piksel", width, height,
                       most / 1'000'000);
  }
  return {};
}

constexpr const char* kBroken = "Foto rusak atau terpotong, silakan unggah ulang";

struct TurboDeleter {
  void operator()(void* handle) const { tjDestroy(handle); }
};

std::string decode_jpeg(std::span<const std::byte> image, Picture& picture) {
  JpegHeader header;
  if (!read_jpeg_header(image, header) || header.scans > kMostScans) return kBroken;
  auto reason = judge_dimensions(header.width, header.height, header.buffered ? kMostBufferedPixels : kMostPixels);
  if (!reason.empty()) return reason;
  int part = 8;
  while (part > 1 && std::max(header.width, header.height) / part < kPictureSide) part /= 2;
  picture.orientation = header.orientation;
  const tjscalingfactor scale = {1, part};
  picture.width = TJSCALED(header.width, scale);
  picture.height = TJSCALED(header.height, scale);
  picture.rgb.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
  const std::unique_ptr<void, TurboDeleter> turbo(tjInitDecompress());
  const int decoded = turbo == nullptr
                          ? -1
                          : tjDecompress2(turbo.get(), reinterpret_cast<const unsigned char*>(image.data()),
                                          image.size(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB,
                                          TJFLAG_FASTDCT | TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING);
  return decoded == 0 ? std::string() : kBroken;
}

// Holds all that libpng's longjmp must not skip, outside the frame of setjmp.
struct PngDecoder {
  explicit PngDecoder(std::span<const std::byte> image) : input(image) {}
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }

  std::span<const std::byte> input;
  std::size_t position = 0;
  png_structp png = nullptr;
  png_infop info = nullptr;
  int width = 0;
  int height = 0;
  int passes = 1;
  int factor = 1;
  std::vector<std::uint8_t> rows;   // one row, or all of an interlaced image
  std::vector<std::uint32_t> sums;  // of `factor` rows
  std::string reason;
};

void read_bytes(png_structp png, png_bytep data, std::size_t length) {
  auto& decoder = *static_cast<PngDecoder*>(png_get_io_ptr(png));
  if (length > decoder.input.size() - decoder.position) longjmp(png_jmpbuf(png), 1);
  std::memcpy(data, decoder.input.data() + decoder.position, length);
  decoder.position += length;
}

[[noreturn]] void fail(png_structp png, png_const_charp) { longjmp(png_jmpbuf(png), 1); }
void ignore(png_structp, png_const_charp) {}

// Adds a full-size row to the sums, and writes a small row when a block is complete.
void reduce_row(PngDecoder& decoder, const std::uint8_t* row, int y, Picture& picture) {
  const auto factor = static_cast<std::size_t>(decoder.factor);
  const auto width = static_cast<std::size_t>(picture.width);
  if (y / decoder.factor >= picture.height) return;
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t i = 0; i < factor; ++i) {
      const std::uint8_t* pixel = row + (x * factor + i) * 3;
      for (std::size_t channel = 0; channel < 3; ++channel) decoder.sums[x * 3 + channel] += pixel[channel];
    }
  }
  if ((y + 1) % decoder.factor != 0) return;
  std::uint8_t* to = picture.rgb.data() + static_cast<std::size_t>(y / decoder.factor) * width * 3;
  const auto weight = static_cast<std::uint32_t>(decoder.factor * decoder.factor);
  for (std::size_t i = 0; i < width * 3; ++i) to[i] = static_cast<std::uint8_t>(decoder.sums[i] / weight);
  std::fill(decoder.sums.begin(), decoder.sums.end(), 0U);
}

bool read_png_header(PngDecoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  png_set_read_fn(decoder.png, &decoder, read_bytes);
  png_set_user_limits(decoder.png, kLargestSide, kLargestSide);
  // Text and profiles may be compressed. They are not needed and must not be inflated.
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_chunk_malloc_max(decoder.png, std::max<std::size_t>(decoder.input.size(), 1));
  png_read_info(decoder.png, decoder.info);
  decoder.width = static_cast<int>(png_get_image_width(decoder.png, decoder.info));
  decoder.height = static_cast<int>(png_get_image_height(decoder.png, decoder.info));
  png_set_expand(decoder.png);
  png_set_scale_16(decoder.png);
  png_set_gray_to_rgb(decoder.png);
  png_set_strip_alpha(decoder.png);
  decoder.passes = png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  return png_get_rowbytes(decoder.png, decoder.info) == static_cast<std::size_t>(decoder.width) * 3;
}

bool read_png_rows(PngDecoder& decoder, Picture& picture) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  const std::size_t stride = static_cast<std::size_t>(decoder.width) * 3;
  for (int pass = 0; pass < decoder.passes; ++pass) {
    for (int y = 0; y < decoder.height; ++y) {
      std::uint8_t* row = decoder.rows.data() + (decoder.passes > 1 ? static_cast<std::size_t>(y) * stride : 0);
      png_read_row(decoder.png, row, nullptr);
      if (pass + 1 == decoder.passes) reduce_row(decoder, row, y, picture);
    }
  }
  png_read_end(decoder.png, nullptr);
  return true;
}

std::string decode_png(std::span<const std::byte> image, Picture& picture) {
  PngDecoder decoder(image);
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  if (decoder.png != nullptr) decoder.info = png_create_info_struct(decoder.png);
  if (decoder.info == nullptr || !read_png_header(decoder)) return kBroken;
  auto reason =
      judge_dimensions(decoder.width, decoder.height, decoder.passes > 1 ? kMostInterlacedPixels : kMostPngPixels);
  if (!reason.empty()) return reason;
  decoder.factor = std::max(1, std::max(decoder.width, decoder.height) / kPictureSide);
  picture.width = decoder.width / decoder.factor;
  picture.height = decoder.height / decoder.factor;
  const auto stride = static_cast<std::size_t>(decoder.width) * 3;
  decoder.rows.resize(stride * static_cast<std::size_t>(decoder.passes > 1 ? decoder.height : 1));
  decoder.sums.resize(static_cast<std::size_t>(picture.width) * 3);
  picture.rgb.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
  return read_png_rows(decoder, picture) ? std::string() : kBroken;
}

bool starts_with(std::span<const std::byte> image, std::size_t at, std::string_view text) {
  return image.size() >= at + text.size() && std::memcmp(image.data() + at, text.data(), text.size()) == 0;
}

}  // namespace

PhotoKind photo_kind(std::span<const std::byte> image) noexcept {
  using namespace std::string_view_literals;
  if (starts_with(image, 0, "\xFF\xD8\xFF"sv)) return PhotoKind::jpeg;
  if (starts_with(image, 0, "\x89PNG\r\n\x1A\n"sv)) return PhotoKind::png;
  if (starts_with(image, 0, "%PDF-"sv)) return PhotoKind::pdf;
  if (starts_with(image, 4, "ftyp"sv)) {
    for (const auto brand : {"heic"sv, "heix"sv, "heif"sv, "mif1"sv, "msf1"sv}) {
      if (starts_with(image, 8, brand)) return PhotoKind::heic;
    }
  }
  return PhotoKind::unknown;
}

std::string decode_photo(std::span<const std::byte> image, PhotoKind kind, Picture& picture) {
  return kind == PhotoKind::jpeg ? decode_jpeg(image, picture) : decode_png(image, picture);
}

}  // namespace gelombang::sandbox
