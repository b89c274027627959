// Takes the codings off an answer's body (RFC 9110, 8.4; RFC 9112, 7), piece by piece. A few hundred bytes can stand
// for a gigabyte, so what comes out of every layer is counted, and no call makes more than it is allowed to. libcurl's
// own decoder calls nobody between its layers.
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

// What has to be taken off a body, in the order in which it was put on: content codings, then transfer codings.
struct BodyCodings {
  // More than any server has a reason for: each layer costs memory. libcurl and with it many tools stop there, too.
  static constexpr std::size_t kMaxLayers = 5;

  enum class State : std::uint8_t {
    plain,     // nothing to do, or a content coding that nobody here knows: the body is handed over as it came (Fetch)
    coded,     // `layers` are to be taken off
    excessive  // more than kMaxLayers
  };
  State state = State::plain;
  std::array<ContentCoding, kMaxLayers> layers{};
  std::size_t count = 0;  // of them

  [[nodiscard]] std::span<const ContentCoding> all() const noexcept { return {layers.data(), count}; }
};
// gzip, x-gzip, deflate (zlib's format, and raw as some servers send it); "identity" and "chunked" are no layers.
BodyCodings body_codings(const ResponseHeaders& headers);

class HttpDecoder {
 public:
  // Layers together; what comes beyond is not decoded. It is a limit of ours, so it makes no answer wrong.
  static constexpr std::uint64_t kMaxDecoded = std::uint64_t{64} << 20;

  enum class State : std::uint8_t {
    ready,      // has made what there was to make of its input
    exhausted,  // the allowance is used up: call again with the rest of the input, be it empty
    malformed,  // the bytes are no such coding, a checksum is wrong, or something follows the end
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

  // For a new body; what an earlier one needed is used again. Throws std::bad_alloc.
  void begin(std::span<const ContentCoding> layers);
  // Decodes from the front of `input` and takes what it used off it. Each decoded byte of each layer takes one off
  // `allowance`. Throws what the sink throws, and std::bad_alloc.
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
