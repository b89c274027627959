#include "imaging/encode.hpp"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <csetjmp>
#include <memory>

namespace gelombang {
namespace {

struct TurboDeleter {
  void operator()(void* handle) const { tjDestroy(handle); }
};

void append(png_structp png, png_bytep data, std::size_t length) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), length);
}

[[noreturn]] void fail(png_structp png, png_const_charp) { longjmp(png_jmpbuf(png), 1); }
void ignore(png_structp, png_const_charp) {}

// libpng reports errors with longjmp, so no object with a destructor may live in this frame.
bool write_png(png_structp png, png_infop info, const Raster& raster, bool smallest) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_IHDR(png, info, static_cast<png_uint_32>(raster.width), static_cast<png_uint_32>(raster.height), 8,
               PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Noise does not repeat, so a longer search for matches costs time and saves almost nothing.
  png_set_compression_level(png, smallest ? 9 : 4);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, smallest ? PNG_ALL_FILTERS : PNG_FILTER_UP);
  png_write_info(png, info);
  png_set_bgr(png);
  png_set_filler(png, 0, PNG_FILLER_AFTER);
  for (int y = 0; y < raster.height; ++y) png_write_row(png, raster.row(y));
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Result<std::string> encode_jpeg(const Raster& raster, int quality) {
  const std::unique_ptr<void, TurboDeleter> turbo(tjInitCompress());
  if (!turbo) return Error{"photo: the JPEG encoder cannot be started"};
  std::string file(tjBufSize(raster.width, raster.height, TJSAMP_420), '\0');
  auto* data = reinterpret_cast<unsigned char*>(file.data());
  unsigned long size = file.size();
  if (tjCompress2(turbo.get(), raster.pixels.data(), raster.width, static_cast<int>(raster.stride()), raster.height,
                  TJPF_BGRX, &data, &size, TJSAMP_420, quality, TJFLAG_NOREALLOC) != 0) {
    return Error{std::string("photo: the JPEG cannot be encoded: ") + tjGetErrorStr2(turbo.get())};
  }
  file.resize(size);
  return {boost::system::in_place_value, std::move(file)};
}

Result<int> guess_jpeg_quality(const Raster& raster, std::uint64_t limit, int lowest, int highest) {
  constexpr int kBlock = 16;  // rows that are encoded together under 4:2:0
  constexpr int kEvery = 8;
  constexpr double kHeader = 623;
  const int blocks = std::max(1, raster.height / kBlock / kEvery);
  Raster sample(raster.width, blocks * kBlock);
  for (int block = 0; block < blocks; ++block) {
    const int from = std::min(raster.height - kBlock, (block * kEvery + kEvery / 2) * kBlock);
    std::copy_n(raster.row(from), raster.stride() * kBlock, sample.row(block * kBlock));
  }
  const double factor = static_cast<double>(raster.height) / sample.height;
  while (lowest < highest) {
    const int middle = (lowest + highest + 1) / 2;
    const auto encoded = encode_jpeg(sample, middle);
    if (!encoded) return encoded.error();
    const double whole = kHeader + (static_cast<double>(encoded->size()) - kHeader) * factor;
    if (whole <= static_cast<double>(limit)) {
      lowest = middle;
    } else {
      highest = middle - 1;
    }
  }
  return lowest;
}

Result<std::string> encode_png(const Raster& raster, bool smallest) {
  std::string file;
  file.reserve(raster.pixels.size() / 2);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  bool written = false;
  if (info != nullptr) {
    png_set_write_fn(png, &file, append, nullptr);
    written = write_png(png, info, raster, smallest);
  }
  png_destroy_write_struct(&png, &info);
  if (!written) return Error{"photo: the PNG cannot be encoded"};
  return {boost::system::in_place_value, std::move(file)};
}

}  // namespace gelombang
