#include "imaging/container.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace gelombang {
namespace {

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>((value >> shift) & 255);
  return text;
}

void append_random(std::string& to, std::uint64_t bytes, RandomStream& random) {
  const std::size_t end = to.size() + bytes;
  while (to.size() < end) {
    const std::uint64_t value = random.next();
    to.append(reinterpret_cast<const char*>(&value), std::min<std::size_t>(sizeof value, end - to.size()));
  }
}

std::size_t segment_length(std::string_view jpeg, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(jpeg[at + 2])) * 256 +
         static_cast<unsigned char>(jpeg[at + 3]) + 2;
}

// The position after the start marker and all application segments.
std::size_t after_application_segments(std::string_view jpeg) {
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == '\xFF' && (static_cast<unsigned char>(jpeg[at + 1]) & 0xF0) == 0xE0) {
    at += segment_length(jpeg, at);
  }
  return at;
}

std::string box(std::string_view type, std::string_view body) {
  return big_endian(body.size() + 8, 4) + std::string(type) + std::string(body);
}

// Adds version 0 and no flags.
std::string full_box(std::string_view type, std::string_view body) {
  return box(type, big_endian(0, 4) + std::string(body));
}

}  // namespace

std::string add_exif_orientation(std::string jpeg, int rotated) {
  const std::uint64_t orientation = rotated == 90 ? 8 : rotated == 180 ? 3 : rotated == 270 ? 6 : 1;
  using namespace std::string_literals;
  // A big-endian TIFF header and one directory entry: tag 0x0112, type SHORT, one value.
  const std::string tiff = "MM\0\x2A"s + big_endian(8, 4) + big_endian(1, 2) + big_endian(0x0112, 2) +
                           big_endian(3, 2) + big_endian(1, 4) + big_endian(orientation, 2) + big_endian(0, 2) +
                           big_endian(0, 4);
  const std::string body = "Exif\0\0"s + tiff;
  const std::string segment = "\xFF\xE1" + big_endian(body.size() + 2, 2) + body;
  jpeg.insert(after_application_segments(jpeg), segment);
  return jpeg;
}

std::string pad_jpeg(std::string jpeg, std::uint64_t bytes, RandomStream& random) {
  constexpr std::uint64_t kLongest = 65535 + 2;
  std::string padding;
  padding.reserve(bytes);
  while (bytes > 0) {
    std::uint64_t piece = std::min(bytes, kLongest);
    if (bytes > piece && bytes - piece < kJpegPadMin) piece -= kJpegPadMin;
    padding += "\xFF\xFE" + big_endian(piece - 2, 2);
    append_random(padding, piece - 4, random);
    bytes -= piece;
  }
  jpeg.insert(after_application_segments(jpeg), padding);
  return jpeg;
}

std::string pad_png(std::string png, std::uint64_t bytes, RandomStream& random) {
  constexpr std::uint64_t kLongest = 1U << 20;
  constexpr std::size_t kEndChunk = 12;
  std::string padding;
  padding.reserve(bytes);
  while (bytes > 0) {
    std::uint64_t piece = std::min(bytes, kLongest);
    if (bytes > piece && bytes - piece < kPngPadMin) piece -= kPngPadMin;
    std::string chunk = "paDd";  // ancillary, private, safe to copy
    append_random(chunk, piece - kPngPadMin, random);
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<uInt>(chunk.size()));
    padding += big_endian(piece - kPngPadMin, 4) + chunk + big_endian(crc, 4);
    bytes -= piece;
  }
  png.insert(png.size() - kEndChunk, padding);
  return png;
}

std::string make_pdf(const std::string& jpeg, int width, int height, std::uint64_t size) {
  std::string pdf = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n";
  std::string table = "xref\n0 6\n0000000000 65535 f \n";
  const double page_height = 595.0 * height / width;
  const std::string page = fmt::format("q 595 0 0 {:.2f} 0 0 cm /Photo Do Q", page_height);
  int number = 0;
  const auto object = [&](std::string_view body) {
    table += fmt::format("{:010} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n", ++number);
    pdf += body;
    pdf += "\nendobj\n";
  };
  object("<< /Type /Catalog /Pages 2 0 R >>");
  object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  object(
      fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {:.2f}] /Contents 4 0 R "
                  "/Resources << /XObject << /Photo 5 0 R >> >> >>",
                  page_height));
  object(fmt::format("<< /Length {} >>\nstream\n{}\nendstream", page.size(), page));
  object(
      fmt::format("<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceRGB /BitsPerComponent 8 "
                  "/Filter /DCTDecode /Length {} >>\nstream\n",
                  width, height, jpeg.size()) +
      jpeg + "\nendstream");
  // All offsets have ten digits, so the length of the end does not depend on the padding.
  const auto end_at = [&](std::size_t start) {
    return fmt::format("{}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{:010}\n%%EOF\n", table, start);
  };
  if (size > 0) {
    const std::uint64_t least = pdf.size() + end_at(0).size();
    if (least > size) return {};
    constexpr std::uint64_t kLine = 128;
    for (std::uint64_t left = size - least; left > 0;) {
      const std::uint64_t line = std::min(left, kLine);
      if (line > 1) pdf += "%" + std::string(line - 2, '.');
      pdf += '\n';
      left -= line;
    }
  }
  return pdf + end_at(pdf.size());
}

std::string make_heic_like(int width, int height, std::uint64_t size, RandomStream& random) {
  const std::uint64_t whole = size > 0 ? size : 1'400'000;
  const std::string type = box("ftyp", "heic" + big_endian(0, 4) + "mif1heic");
  const std::string handler = full_box("hdlr", big_endian(0, 4) + "pict" + std::string(13, '\0'));
  const std::string primary = full_box("pitm", big_endian(1, 2));
  using namespace std::string_literals;
  const std::string item = box("infe", big_endian(0x02000000, 4) + big_endian(1, 2) + big_endian(0, 2) + "hvc1\0"s);
  const std::string items = full_box("iinf", big_endian(1, 2) + item);
  const std::string extent = full_box(
      "ispe", big_endian(static_cast<std::uint64_t>(width), 4) + big_endian(static_cast<std::uint64_t>(height), 4));
  const std::string association =
      full_box("ipma", big_endian(1, 4) + big_endian(1, 2) + big_endian(1, 1) + big_endian(1, 1));
  const std::string properties = box("iprp", box("ipco", extent) + association);
  const auto meta = [&](std::uint64_t offset, std::uint64_t length) {
    const std::string location =
        full_box("iloc", big_endian(0x4400, 2) + big_endian(1, 2) + big_endian(1, 2) + big_endian(0, 2) +
                             big_endian(1, 2) + big_endian(offset, 4) + big_endian(length, 4));
    return full_box("meta", handler + primary + items + location + properties);
  };
  const std::uint64_t before = type.size() + meta(0, 0).size() + 8;
  if (whole < before) return {};
  const std::uint64_t data = whole - before;
  std::string file = type + meta(before, data) + big_endian(data + 8, 4) + "mdat";
  file.reserve(whole);
  append_random(file, data, random);
  return file;
}

std::string make_garbage(std::uint64_t size, RandomStream& random) {
  std::string file;
  file.reserve(size);
  append_random(file, size, random);
  // No file signature begins with these bytes.
  constexpr std::string_view kStart = "\x01\x02\x03\x04";
  std::copy_n(kStart.data(), std::min(file.size(), kStart.size()), file.data());
  return file;
}

}  // namespace gelombang
