// Decodes the body of a response (RFC 9110, 8.4; RFC 9112, 7), piece by piece. A few hundred bytes can expand to a
// gigabyte, so the output of every layer is counted, and no call makes more than its allowance. libcurl's own decoder
// has no callback between its layers.
#pragma once

#include "probes/http/headers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gelombang {

enum class ContentCoding : std::uint8_t { gzip, deflate };

// The codings of a body, in the order in which they were applied: content codings, then transfer codings.
struct BodyCodings {
  // More than any server needs; each layer costs memory. libcurl, and so many tools, have the same limit.
  static constexpr std::size_t kMaxLayers = 5;

  enum class State : std::uint8_t {
    plain,     // nothing to decode, or an unknown content coding: the body is handed over as it came (Fetch)
    coded,     // `layers` must be decoded
    excessive  // more than kMaxLayers
  };
  State state = State::plain;
  std::array<ContentCoding, kMaxLayers> layers{};
  std::size_t count = 0;  // of layers in use

  [[nodiscard]] std::span<const ContentCoding> all() const noexcept { return {layers.data(), count}; }
};
// gzip, x-gzip, deflate (zlib's format, and raw as some servers send it); "identity" and "chunked" are no layers.
BodyCodings body_codings(const ResponseHeaders& headers);

class HttpDecoder {
 public:
  // For all layers together; bytes beyond are not decoded. The limit is our own, so a response beyond it is not wrong.
  static constexpr std::uint64_t kMaxDecoded = std::uint64_t{64} << 20;

  enum class State : std::uint8_t {
    ready,      // has decoded all that its input allows
    exhausted,  // the allowance is used up: call again with the rest of the input, even if it is empty
    malformed,  // the bytes are not in this coding, a checksum is wrong, or something follows the end
    given_up    // kMaxDecoded was reached: input is thrown away
  };
  // Called with each piece of the body, without its codings.
  class Sink {
   public:
    virtual void take(std::string_view piece) = 0;

   protected:
    ~Sink() = default;
  };

  HttpDecoder();
  ~HttpDecoder();
  HttpDecoder(const HttpDecoder&) = delete;
  HttpDecoder& operator=(const HttpDecoder&) = delete;

  // Starts a new body; reuses the memory of earlier ones. Throws std::bad_alloc.
  void begin(std::span<const ContentCoding> layers);
  // Decodes from the front of `input` and removes the bytes that it used. Each decoded byte of each layer reduces
  // `allowance` by one. Throws what the sink throws, and std::bad_alloc.
  State decode(std::string_view& input, std::size_t& allowance, Sink& sink);
  // Whether the body may end here: between gzip's members, after the end of a stream, or before its first byte, in
  // all layers.
  [[nodiscard]] bool complete() const noexcept;

 private:
  class Layer;
  [[nodiscard]] State decode_layers(std::string_view& input, std::size_t& allowance, Sink& sink);

  std::vector<std::unique_ptr<Layer>> layers_;  // the outermost first; those beyond used_ are spare
  std::size_t used_ = 0;
  std::uint64_t decoded_ = 0;
  State state_ = State::ready;
};

}  // namespace gelombang
