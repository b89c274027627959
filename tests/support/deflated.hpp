// Texts in the content codings of HTTP, compressed by zlib.
#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace gelombang::test {

enum class Deflated : int { gzip = 15 + 16, zlib = 15, raw = -15 };  // zlib's windowBits for each format

inline std::string deflated(std::string_view text, Deflated format = Deflated::gzip) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, static_cast<int>(format), 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot begin");
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("zlib cannot end");
  return out;
}

}  // namespace gelombang::test
