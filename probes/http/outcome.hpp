// What a hop was: its sample, from libcurl's handle and our own marks.
#pragma once

#include "probes/http/transfer.hpp"
#include "probes/http/transfer_class.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

struct HopOutcome {
  RequestSample sample;
  TransferFacts facts;
  std::string detail;  // one line for people, empty on success
};

enum class Ending : std::uint8_t {
  reported,  // libcurl said that it is over
  cut,       // we ended it, now
  early,     // we ended it, because its whole answer was there before its body was sent
};

// `code` is libcurl's, CURLE_OK where we ended it; the hop's handle is still in its slot.
HopOutcome hop_outcome(const Transfer& transfer, Ending ending, CURLcode code, TimePoint now);

// A hop whose request was sent, and that libcurl would send again: what it was so far. Called from libcurl's callbacks.
HopOutcome unanswered_hop(const Transfer& transfer, TimePoint now);

// A hop that never came to libcurl.
HopOutcome refused_hop(ErrorClass error, std::string_view detail, TimePoint now);

// One printable line of at most 200 characters.
std::string one_line(std::string_view text);

}  // namespace gelombang
