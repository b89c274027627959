// Makes photos of cards that do not exist: lines of text on a card that lies on a table, stamped, as a JPEG, PNG,
// HEIC-like or PDF file of an exact size, with the defects that upload forms refuse. The caller chooses the text.
// Nothing is cached. Safe to call from several threads.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

enum class PhotoFormat {
  jpeg,
  png,
  heic_like,  // the boxes of an iPhone photo around seeded bytes: recognised by content, not decodable
  pdf,        // one page that shows the JPEG
};

struct CardLine {
  std::string label;  // may be empty: then `value` is a line of plain text
  std::string value;
};

struct PhotoSpec {
  // The card. UTF-8; at most 4 title lines and 24 lines of at most 120 bytes each.
  std::vector<std::string> title;
  std::vector<CardLine> lines;
  std::string stamp = "SPECIMEN";  // drawn across the card; may not be empty
  // Colours are "#rrggbb". If the table colour is empty, the seed chooses one of several dark colours.
  std::string card_color = "#cfe3f2";
  std::string portrait_color = "#2c64ae";
  std::string text_color = "#14181c";
  std::string stamp_color = "#c81e28";
  std::string table_color;

  // Decides the table, the place, size and tilt of the card, the light and the sensor noise.
  std::uint64_t seed = 1;

  // Pixels: 240 to 8000 each, at most 24 million in all. 0 and 0 = 4:3, chosen to suit `size`.
  int width = 0;
  int height = 0;
  PhotoFormat format = PhotoFormat::jpeg;
  int quality = 0;         // of the JPEG, 1 to 100; 0 = chosen to suit `size`, or 90 if there is no `size`
  std::uint64_t size = 0;  // exact bytes of the file, up to 64 MB; 0 = any size
  double grain = 4.0;      // sensor noise, standard deviation in levels of 255, 0 to 20

  // Defects; they combine.
  double crop = 0;           // share of the card's width and height that lies outside at one corner, 0 to 0.5
  double blur = 0;           // standard deviation in thousandths of the card's width, 0 to 20
  bool photocopy = false;    // the card is a greyscale copy on white paper; the table keeps its colour
  int rotated = 0;           // the stored pixels are turned clockwise by 0, 90, 180 or 270 degrees
  bool exif = false;         // JPEG only: an EXIF orientation tag tells viewers how to turn `rotated` back
  bool wrong_bytes = false;  // seeded garbage in place of the file; 300,000 bytes if there is no `size`
};

// The file's content. The same spec gives the same bytes on one installation (fonts and encoders belong to the system).
// An Error if the spec is out of range, or if `size` is too small for such a photo.
Result<std::shared_ptr<const std::string>> make_photo(const PhotoSpec& spec);

// "jpeg" (or "jpg"), "png", "heic_like" (or "heic"), "pdf".
Result<PhotoFormat> parse_photo_format(std::string_view name);
// What a browser would declare: "image/jpeg", "image/png", "image/heic", "application/pdf".
std::string_view photo_media_type(PhotoFormat format) noexcept;
// Without the dot: "jpg", "png", "heic", "pdf".
std::string_view photo_extension(PhotoFormat format) noexcept;

}  // namespace gelombang
