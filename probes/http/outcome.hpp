// The outcome of a hop: its sample, from libcurl's handle and our own time marks.
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
  reported,  // libcurl reported the end
  cut,       // we ended it, now
  early,     // we ended it, because the whole response came before the request's body was sent
};

// `code` is libcurl's, or CURLE_OK if we ended the hop. The hop's handle must still be in its slot.
HopOutcome hop_outcome(const Transfer& transfer, Ending ending, CURLcode code, TimePoint now);

// The outcome so far of a hop whose request was sent, and which libcurl would send again. Called from libcurl's
// callbacks.
HopOutcome unanswered_hop(const Transfer& transfer, TimePoint now);

// The outcome of a hop that never reached libcurl.
HopOutcome refused_hop(ErrorClass error, std::string_view detail, TimePoint now);

// One printable line of at most 200 characters.
std::string one_line(std::string_view text);

}  // namespace gelombang
