#include "probes/http/send_progress.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

namespace gelombang {
namespace {

// Every 2 ms, and less often when thousands are sending at once, to spare the processor.
std::chrono::microseconds interval(std::size_t count) {
  return std::chrono::microseconds(2000 + 10 * static_cast<long>(count));
}

// Everything was acknowledged; or everything was sent and at most one segment is not acknowledged. That acknowledgement
// may be delayed by 40 ms, or until the response carries it.
bool delivered(int fd) {
  int queued = 0;
  if (ioctl(fd, SIOCOUTQ, &queued) != 0) return true;  // gone: the transfer's end will say why
  if (queued == 0) return true;
  int unsent = 0;
  if (ioctl(fd, SIOCOUTQNSD, &unsent) != 0 || unsent > 0) return false;
  int segment = 0;
  socklen_t length = sizeof segment;
  return getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &length) == 0 && queued <= segment;
}

// A request that fits into one segment on any path leaves when it is written, because the previous exchange was
// acknowledged by its response. Asking the kernel would cost three system calls for each small form.
bool fits_one_segment(CURL* easy) {
  constexpr long kLeastSegment = 536;  // RFC 9293, 3.7.1
  long bytes = 0;                      // headers, and a body that went with them
  return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes <= kLeastSegment;
}

bool finished(const Transfer& transfer) {
  CURL* const easy = transfer.slot->easy.get();
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  if (static_cast<std::uint64_t>(uploaded) < transfer.hop.body.size()) return false;  // libcurl holds the rest
  if (transfer.hop.fd == CURL_SOCKET_BAD) return true;
  return (!transfer.hop.streamed && fits_one_segment(easy)) || delivered(transfer.hop.fd);
}

}  // namespace

SendProgress::SendProgress(boost::asio::io_context& context, const Clock& clock) : timer_(context), clock_(clock) {}

SendProgress::~SendProgress() = default;

void SendProgress::add(Transfer& transfer) {
  if (transfer.hop.delivery_open || transfer.hop.sent) return;
  if (finished(transfer)) {
    transfer.hop.note_sent(clock_.now());
    return;
  }
  transfer.hop.delivery_open = true;
  sending_.push_back(&transfer);
  arm();
}

void SendProgress::forget(Transfer& transfer) noexcept {
  if (!transfer.hop.delivery_open) return;
  transfer.hop.delivery_open = false;
  sending_.erase(std::find(sending_.begin(), sending_.end(), &transfer));
}

void SendProgress::look() {
  const TimePoint now = clock_.now();
  sending_.erase(std::remove_if(sending_.begin(), sending_.end(),
                                [now](Transfer* transfer) {
                                  if (!finished(*transfer)) return false;
                                  transfer->hop.note_sent(now);
                                  transfer->hop.delivery_open = false;
                                  return true;
                                }),
                 sending_.end());
  if (!sending_.empty()) arm();
}

void SendProgress::arm() {
  if (armed_) return;
  armed_ = true;
  timer_.expires_after(interval(sending_.size()));
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    armed_ = false;
    look();
  });
}

}  // namespace gelombang
