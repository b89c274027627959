#include "probes/http/hop.hpp"

#include <algorithm>

namespace gelombang {

void Hop::note_sent(TimePoint now) {
  sent = now;
  if (!paced) return;
  paced->count(now);
  sent = std::max(now, paced->sent_at());
}

}  // namespace gelombang
