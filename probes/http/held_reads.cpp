#include "probes/http/held_reads.hpp"

#include <chrono>
#include <utility>

namespace gelombang {

HeldReads::HeldReads(boost::asio::io_context& context, Due due) : timer_(context), due_(std::move(due)) {}

void HeldReads::add(TimePoint until, TransferId transfer) {
  held_.emplace(until, transfer);
  arm();
}

void HeldReads::forget(TransferId transfer) {
  std::erase_if(held_, [transfer](const auto& entry) { return entry.second == transfer; });
}

std::optional<TransferId> HeldReads::take(TimePoint now) {
  if (held_.empty() || held_.begin()->first > now) return std::nullopt;
  const TransferId transfer = held_.begin()->second;
  held_.erase(held_.begin());
  return transfer;
}

void HeldReads::arm() {
  if (held_.empty()) return;
  const TimePoint when = held_.begin()->first;
  if (armed_ && *armed_ <= when) return;
  armed_ = when;
  timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(when));
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    armed_.reset();
    due_();
    arm();  // the rest has its turn after everybody else
  });
}

}  // namespace gelombang
