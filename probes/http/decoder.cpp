#include "probes/http/decoder.hpp"

#include "base/ascii.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>

namespace gelombang {
namespace {

constexpr std::size_t kPiece = 16 * 1024;  // output of a layer at a time
constexpr int kWindow = 15;                // the largest window of deflate
constexpr int kGzip = kWindow + 16;        // as zlib names the formats
constexpr int kZlib = kWindow;
constexpr int kRaw = -kWindow;
constexpr unsigned char kGzipMagic = 0x1f;

// Calls `take` with each coding of each line of that name.
template <class Take>
void for_each_coding(const ResponseHeaders& headers, std::string_view name, Take take) {
  if (!headers.may_have(name)) return;
  for (const ResponseHeaders::Line& line : headers) {
    if (!same_header_name(line.name, name)) continue;
    std::string_view rest = line.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view coding = trimmed(rest.substr(0, comma));
      if (!coding.empty()) take(coding);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
}

std::optional<ContentCoding> coding_of(std::string_view name) {
  if (same_header_name(name, "gzip") || same_header_name(name, "x-gzip")) return ContentCoding::gzip;
  if (same_header_name(name, "deflate")) return ContentCoding::deflate;
  return std::nullopt;
}

// The low four bits of zlib's first byte mean "deflate". In a raw block they would set a bit that no encoder sets, so
// one byte tells the two formats apart (RFC 1950, 2.2; RFC 1951, 3.2.4).
int deflate_format(char first) { return (static_cast<unsigned char>(first) & 0x0f) == 8 ? kZlib : kRaw; }

}  // namespace

BodyCodings body_codings(const ResponseHeaders& headers) {
  BodyCodings codings;
  bool known = true;
  std::size_t wanted = 0;
  const auto add = [&](std::string_view name) {
    if (same_header_name(name, "identity") || same_header_name(name, "chunked")) return;
    const std::optional<ContentCoding> coding = coding_of(name);
    known = known && coding;
    if (coding && wanted++ < BodyCodings::kMaxLayers) codings.layers[codings.count++] = *coding;
  };
  for_each_coding(headers, "content-encoding", add);
  for_each_coding(headers, "transfer-encoding", add);
  if (!known || wanted == 0) return {};
  codings.state = wanted > BodyCodings::kMaxLayers ? BodyCodings::State::excessive : BodyCodings::State::coded;
  return codings;
}

class HttpDecoder::Layer {
 public:
  enum class Result : std::uint8_t { hungry, full, malformed };

  Layer() = default;
  ~Layer() {
    if (made_) inflateEnd(&stream_);
  }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  void begin(ContentCoding coding) {
    coding_ = coding;
    place_ = Place::before;
    output_ = {};
  }

  // Uses `input` until there is a piece of output, no more input, or a fault.
  Result inflate_into_piece(std::string_view& input, std::size_t room);
  [[nodiscard]] bool begun() const noexcept { return place_ != Place::before; }
  [[nodiscard]] bool complete() const noexcept { return place_ != Place::within; }
  // Output that the next layer has not used yet.
  [[nodiscard]] std::string_view& output() noexcept { return output_; }

 private:
  // Position in the stream. In gzip, the byte after an end says whether another member follows.
  enum class Place : std::uint8_t { before, within, after, padding };

  bool pass_start(std::string_view& input);
  void open(int format);

  z_stream stream_{};
  bool made_ = false;
  ContentCoding coding_ = ContentCoding::gzip;
  Place place_ = Place::before;
  std::string_view output_;
  std::array<char, kPiece> piece_;
};

void HttpDecoder::Layer::open(int format) {
  if (made_) {
    inflateReset2(&stream_, format);
  } else if (inflateInit2(&stream_, format) == Z_OK) {
    made_ = true;
  } else {
    throw std::bad_alloc();
  }
  place_ = Place::within;
}

// Outside a stream: opens the next one, or skips the zeros that pad the last one. False if neither is possible.
bool HttpDecoder::Layer::pass_start(std::string_view& input) {
  if (place_ == Place::before) {
    open(coding_ == ContentCoding::gzip ? kGzip : deflate_format(input.front()));
    return true;
  }
  if (place_ == Place::after && coding_ == ContentCoding::gzip &&
      static_cast<unsigned char>(input.front()) == kGzipMagic) {
    open(kGzip);
    return true;
  }
  const std::size_t zeros = std::min(input.find_first_not_of('\0'), input.size());
  place_ = Place::padding;
  input.remove_prefix(zeros);
  return input.empty();
}

HttpDecoder::Layer::Result HttpDecoder::Layer::inflate_into_piece(std::string_view& input, std::size_t room) {
  const std::size_t size = std::min(room, piece_.size());
  stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
  stream_.avail_out = static_cast<uInt>(size);
  while (stream_.avail_out > 0) {
    if (place_ != Place::within) {
      if (input.empty()) break;
      if (!pass_start(input)) return Result::malformed;
      continue;
    }
    const std::size_t given = std::min<std::size_t>(input.size(), 1U << 30);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(given);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(given - stream_.avail_in);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_STREAM_END) {
      place_ = Place::after;
    } else if (code == Z_BUF_ERROR) {
      break;  // no input and no output left
    } else if (code != Z_OK) {
      return Result::malformed;  // a preset dictionary included: nobody has agreed on one
    }
  }
  const std::size_t made = size - stream_.avail_out;
  output_ = {piece_.data(), made};
  return made > 0 ? Result::full : Result::hungry;
}

HttpDecoder::HttpDecoder() = default;
HttpDecoder::~HttpDecoder() = default;

void HttpDecoder::begin(std::span<const ContentCoding> layers) {
  while (layers_.size() < layers.size()) layers_.push_back(std::make_unique<Layer>());
  used_ = layers.size();
  for (std::size_t i = 0; i < used_; ++i) layers_[i]->begin(layers[used_ - 1 - i]);
  decoded_ = 0;
  state_ = State::ready;
}

HttpDecoder::State HttpDecoder::decode(std::string_view& input, std::size_t& allowance, Sink& sink) {
  if (state_ != State::malformed && state_ != State::given_up) state_ = decode_layers(input, allowance, sink);
  if (state_ == State::given_up) input = {};
  return state_;
}

// The innermost layer works first, as long as it has input. So no layer holds more than one piece.
HttpDecoder::State HttpDecoder::decode_layers(std::string_view& input, std::size_t& allowance, Sink& sink) {
  for (std::size_t at = used_ - 1;;) {
    if (decoded_ >= kMaxDecoded) return State::given_up;
    if (allowance == 0) return State::exhausted;
    std::string_view& from = at == 0 ? input : layers_[at - 1]->output();
    Layer& layer = *layers_[at];
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(allowance, kMaxDecoded - decoded_));
    const Layer::Result result = layer.inflate_into_piece(from, room);
    if (result == Layer::Result::malformed) return State::malformed;
    if (result == Layer::Result::hungry) {
      if (at == 0) return State::ready;
      --at;
      continue;
    }
    decoded_ += layer.output().size();
    allowance -= layer.output().size();
    if (at + 1 < used_) {
      ++at;
    } else {
      sink.take(layer.output());
      layer.output() = {};
    }
  }
}

bool HttpDecoder::complete() const noexcept {
  if (state_ == State::given_up) return true;
  if (state_ != State::ready) return false;
  const bool begun = used_ > 0 && layers_.front()->begun();  // then there is a body, and every layer must have begun
  return std::all_of(
      layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(used_),
      [begun](const std::unique_ptr<Layer>& layer) { return layer->complete() && layer->begun() == begun; });
}

}  // namespace gelombang
