// Which requests may be sent a second time by themselves (RFC 9110, 9.2.2): what browsers repeat without a word, and
// libcurl would. Here the second try is a hop of its own.
#pragma once

#include "probes/http/outcome.hpp"

namespace gelombang {

// `outcome` is that of the hop that has just ended. Only an idempotent method whose request got no byte of an answer,
// on a connection that was kept from an earlier request or in a stream that was refused, and only once.
bool may_be_repeated(const Transfer& transfer, const HopOutcome& outcome) noexcept;

}  // namespace gelombang
