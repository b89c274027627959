#include "runs/peak_share.hpp"

#include <algorithm>
#include <chrono>

namespace gelombang {

void PeakShare::add(TimePoint now, double used) {
  constexpr Duration kWindow = std::chrono::seconds(10);
  recent_.emplace_back(now, used);
  while (recent_.size() > 2 && recent_[1].first <= now - kWindow) recent_.pop_front();
  const Duration elapsed = now - recent_.front().first;
  if (elapsed <= Duration::zero() || (whole_window_ && elapsed < kWindow)) return;
  const double share = (used - recent_.front().second) / to_seconds(elapsed);
  // Shorter periods count only while there is no whole window.
  peak_ = whole_window_ ? std::max(peak_, share) : share;
  whole_window_ = elapsed >= kWindow;
}

}  // namespace gelombang
