#include "probes/http_held_reads.hpp"

#include <chrono>
#include <utility>

namespace gelombang {

HeldReads::HeldReads(boost::asio::io_context& context, Resume resume) : timer_(context), resume_(std::move(resume)) {}

void HeldReads::add(TimePoint until, TransferId transfer) {
  held_.emplace(until, transfer);
  arm();
}

void HeldReads::forget(TransferId transfer) {
  std::erase_if(held_, [transfer](const auto& entry) { return entry.second == transfer; });
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
    resume_due();
  });
}

void HeldReads::resume_due() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!held_.empty() && held_.begin()->first <= now) {
    const TransferId transfer = held_.begin()->second;
    held_.erase(held_.begin());
    resume_(transfer);
  }
  arm();
}

}  // namespace gelombang
