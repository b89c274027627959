#include "probes/http/repeat.hpp"

namespace gelombang {
namespace {

bool is_idempotent(HttpMethod method) noexcept { return method != HttpMethod::post && method != HttpMethod::patch; }

// A kept connection ended while the request was on its way: a race that is nobody's fault.
bool connection_ended(ErrorClass error) noexcept {
  return error == ErrorClass::empty_reply || error == ErrorClass::reset || error == ErrorClass::send_error ||
         error == ErrorClass::partial;
}

}  // namespace

bool may_be_repeated(const Transfer& transfer, const HopOutcome& outcome) noexcept {
  const Hop& hop = transfer.hop;
  if (transfer.repeated || !is_idempotent(hop.method) || !hop.request_started || hop.header_bytes > 0) return false;
  if (outcome.sample.outcome != Outcome::failure) return false;
  if (outcome.facts.refused || outcome.facts.http1_required) return true;
  return !outcome.sample.new_connection && connection_ended(outcome.sample.error);
}

}  // namespace gelombang
