#include "sandbox/photo_check.hpp"

#include "sandbox/photo_card.hpp"
#include "sandbox/photo_decode.hpp"

#include <fmt/format.h>

#include <utility>

namespace gelombang::sandbox {
namespace {

// Measured over many cards. docs/photos.md has the margins, tests/sandbox/photo_margins_test.cpp checks them.
constexpr double kLeastSharpness = 0.265;  // sharp cards measure 0.40 and more, illegible ones 0.25 and less
constexpr double kLeastColour = 20;        // cards measure 68 and more, copies 2 and less

PhotoVerdict refuse(std::string rule, std::string message, int status) {
  return {false, std::move(rule), std::move(message), status};
}

}  // namespace

PhotoVerdict check_photo(std::span<const std::byte> image, std::uint64_t photo_limit) {
  if (image.size() >= photo_limit) {
    return refuse("size", fmt::format("Ukuran foto harus kurang dari {} byte", photo_limit), 413);
  }
  const PhotoKind kind = photo_kind(image);
  if (kind != PhotoKind::jpeg && kind != PhotoKind::png)
    return refuse("format", "Format foto harus JPEG atau PNG", 415);
  Picture picture;
  if (auto reason = decode_photo(image, kind, picture); !reason.empty())
    return refuse("readable", std::move(reason), 422);
  FoundCard card;
  if (auto reason = find_card(picture, card); !reason.empty()) return refuse("framing", std::move(reason), 422);
  const CardMeasures measures = measure_card(picture, card);
  if (measures.sharpness < kLeastSharpness) {
    return refuse("blur", "Foto KTP buram, ambil ulang dengan jelas sampai tulisan terbaca", 422);
  }
  if (measures.colour < kLeastColour) {
    return refuse("photocopy", "Foto harus menunjukkan KTP asli, bukan fotokopi", 422);
  }
  return {true, {}, {}, 200};
}

}  // namespace gelombang::sandbox
