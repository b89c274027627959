// Which requests may be repeated automatically (RFC 9110, 9.2.2). Browsers repeat them silently, and libcurl would,
// too. Here the second try is a hop of its own.
#pragma once

#include "probes/http/outcome.hpp"

namespace gelombang {

// `outcome` belongs to the hop that has just ended. Only an idempotent method may be repeated, only once, and only if
// no byte of a response came, on a connection kept from an earlier request or in a refused stream.
bool may_be_repeated(const Transfer& transfer, const HopOutcome& outcome) noexcept;

}  // namespace gelombang
