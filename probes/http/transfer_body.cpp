// Handles the body of a response as libcurl hands it over. The body waits for the user's link, is decoded within the
// budget of the turn, and is kept up to a limit.
#include "probes/http/transfer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kHandedOver = 512;  // of the allowance, for each call that hands over a part of a body

}  // namespace

bool Transfer::whole() const noexcept {
  if (!hop.answered || !hop.headers_complete) return false;
  return hop.body_began ? !hop.decoder || hop.decoder->complete() : !lacks_body();
}

// No byte of a body has come, and only the close of the connection said that there is none. In a coding, even an empty
// body has some bytes.
bool Transfer::lacks_body() const noexcept {
  if (hop.http2 || bodyless() || hop.framing.chunked() || hop.framing.length()) return false;
  return body_codings(hop.response.headers).state != BodyCodings::State::plain;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  try {
    return self.take_body({data, size * count});
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return 0;
  }
}

std::size_t Transfer::take_body(std::string_view data) {
  if (hop.paced && must_wait()) return CURL_WRITEFUNC_PAUSE;
  if (!std::exchange(hop.waits_for_decoding, false)) note_arrival();
  if (!std::exchange(hop.body_began, true) && !begin_body()) return 0;
  // A flood of tiny chunks makes one call for each.
  context.body_allowance -= std::min(context.body_allowance, kHandedOver);
  if (hop.decoder) return decode(data);
  if (context.body_allowance == 0) return wait_for_turn();
  context.body_allowance -= std::min(context.body_allowance, data.size());
  keep(data);
  return data.size();
}

std::size_t Transfer::wait_for_turn() {
  context.held.push_back(this);
  hop.held = true;
  return CURL_WRITEFUNC_PAUSE;
}

// False if the body's codings cannot be decoded.
bool Transfer::begin_body() {
  const BodyCodings codings = body_codings(hop.response.headers);
  hop.body_malformed = codings.state == BodyCodings::State::excessive;
  if (codings.state != BodyCodings::State::coded) return !hop.body_malformed;
  hop.decoder = context.lend_decoder();
  hop.decoder->begin(codings.all());
  return true;
}

// If the turn's budget ends within `data`, libcurl keeps `data` and hands the same bytes over again, with those that
// came after them, in a later turn of the loop, after others had their turn.
std::size_t Transfer::decode(std::string_view data) {
  struct Keeper final : HttpDecoder::Sink {
    explicit Keeper(Transfer& owner) : transfer(owner) {}
    void take(std::string_view piece) override { transfer.keep(piece); }
    Transfer& transfer;
  } keeper(*this);
  std::string_view rest = data.substr(std::min(hop.decoded_ahead, data.size()));
  switch (hop.decoder->decode(rest, context.body_allowance, keeper)) {
    case HttpDecoder::State::malformed: hop.body_malformed = true; return 0;
    case HttpDecoder::State::exhausted:
      hop.waits_for_decoding = true;
      hop.decoded_ahead = data.size() - rest.size();
      return wait_for_turn();
    case HttpDecoder::State::given_up: hop.response.body_truncated = true; break;
    case HttpDecoder::State::ready: break;
  }
  hop.decoded_ahead = 0;
  return data.size();
}

void Transfer::keep(std::string_view piece) {
  HttpResponse& response = hop.response;
  response.body_size += piece.size();
  const std::size_t room = request.max_body - std::min(request.max_body, response.body.size());
  if (piece.size() > room) response.body_truncated = true;
  response.body.append(piece.substr(0, room));
}

// libcurl reads on while there is something to read, so bytes that the link has not carried yet wait in libcurl.
bool Transfer::must_wait() {
  const TimePoint now = context.clock.now();
  hop.paced->count(now);
  if (hop.paced->arrived_at() <= now) return false;
  try {
    context.held.push_back(this);
    hop.held = true;
    return true;
  } catch (const std::exception&) {
    return false;  // unpaced, but not lost
  }
}

}  // namespace gelombang
