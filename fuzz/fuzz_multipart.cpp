// Any bytes, cut in any way: the same parts as in one piece, and never more bytes held than the bound.
#include "sandbox/multipart.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using gelombang::sandbox::MultipartEvents;
using gelombang::sandbox::MultipartParser;
using gelombang::sandbox::PartHeader;

namespace {

struct Transcript final : MultipartEvents {
  std::string text;
  void on_part(const PartHeader& header) override { text += "\n[" + header.name + "|" + header.filename + "]"; }
  void on_data(std::string_view bytes) override { text.append(bytes); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  MultipartParser::boundary_of(body);
  Transcript whole;
  MultipartParser at_once("xYz", whole);
  at_once.feed(body);
  Transcript pieces;
  MultipartParser piecewise("xYz", pieces);
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 7U;
  for (std::size_t at = 0; at < size; at += step) piecewise.feed(body.substr(at, step));
  if (at_once.state() != piecewise.state() || whole.text != pieces.text) std::abort();
  return 0;
}
