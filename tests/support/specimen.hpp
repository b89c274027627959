// The card that tests of photos use. Its wording is in no scenario.
#pragma once

#include "imaging/photo.hpp"

#include <span>
#include <string>

namespace gelombang::test {

inline PhotoSpec specimen(std::uint64_t seed = 1) {
  PhotoSpec spec;
  spec.title = {"PROVINSI CONTOH", "KABUPATEN UJI BEBAN"};
  spec.lines = {{"NIK", "0012345678900000"},
                {"Nama", "UJI BEBAN 000123"},
                {"Tempat/Tgl Lahir", "CONTOH, 12-03-1990"},
                {"Jenis Kelamin", "LAKI-LAKI"},
                {"Alamat", "JL. CONTOH NO. 1"},
                {"RT/RW", "001/002"},
                {"Kel/Desa", "CONTOH"},
                {"Kecamatan", "UJI"},
                {"Agama", "-"},
                {"Status Perkawinan", "BELUM KAWIN"},
                {"Pekerjaan", "PELAJAR"},
                {"Berlaku Hingga", "SEUMUR HIDUP"}};
  spec.stamp = "SPECIMEN - BUKAN KTP";
  spec.seed = seed;
  return spec;
}

// Throws if the photo cannot be made.
inline std::string photo_of(const PhotoSpec& spec) { return *make_photo(spec).value(); }

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace gelombang::test
