// Tells a web application firewall's block page from the portal's own refusal. A block page means "you are not wanted",
// not "the service is down".
#pragma once

#include "probes/http/message.hpp"

namespace gelombang {

// A 403, 405, 406, 429 or 503 whose headers or page are those of a known firewall.
bool looks_blocked(const HttpResponse& response) noexcept;

}  // namespace gelombang
