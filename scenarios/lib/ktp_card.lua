-- The text of a SPECIMEN identity card, for photo { ... }. The card belongs to nobody: the layout is ours, the number
-- cannot exist, and SPECIMEN is printed across it.
local ktp_card = {}

-- A photo of a card. `options` overrides and adds fields of photo { ... }.
function ktp_card.photo(options)
  local spec = {
    title = { "PROVINSI CONTOH", "KABUPATEN CONTOH" },
    lines = {
      { "NIK", "0000000101900000" },
      { "Nama", "UJI BEBAN" },
      { "Tempat/Tgl Lahir", "CONTOH, 01-01-1990" },
      { "Jenis Kelamin", "LAKI-LAKI" },
      { "Alamat", "JALAN CONTOH 1" },
      { "Kecamatan", "CONTOH" },
      { "Status Perkawinan", "BELUM KAWIN" },
      { "Pekerjaan", "BELUM BEKERJA" },
      { "Kewarganegaraan", "WNI" },
    },
    stamp = "SPECIMEN - BUKAN KTP",
  }
  for key, value in pairs(options or {}) do spec[key] = value end
  return photo(spec)
end

-- Photos that comply with the rules, in the sizes of pictures that people made smaller or forwarded before sending: 0.3
-- to 1.9 MB.
function ktp_card.good_photos()
  local photos = {}
  for i, size in ipairs { 300000, 600000, 900000, 1200000, 1500000, 1900000 } do
    photos[i] = ktp_card.photo { size = size, seed = i, filename = "ktp.jpg" }
  end
  return photos
end

-- Photos as phones take them, named after their problem: larger than 2 MB, much larger, or HEIC as iPhones send.
function ktp_card.photos_as_taken()
  return {
    large = ktp_card.photo { size = 3200000, seed = 31, filename = "IMG_20210304_120312.jpg" },
    huge  = ktp_card.photo { size = 6500000, seed = 32, filename = "IMG_20210304_120459.jpg" },
    heic  = ktp_card.photo { size = 1600000, seed = 33, format = "heic_like", filename = "IMG_0412.HEIC" },
  }
end

return ktp_card
