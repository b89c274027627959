// Finds out when the last byte of a request's body was delivered. libcurl knows when it read and wrote that byte; the
// kernel knows when the byte left. So once libcurl has read the whole body, the socket's queue is checked every few
// milliseconds, by one timer for all transfers.
#pragma once

#include "base/clock.hpp"
#include "probes/http/transfer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <vector>

namespace gelombang {

class SendProgress {
 public:
  SendProgress(boost::asio::io_context& context, const Clock& clock);
  SendProgress(const SendProgress&) = delete;
  SendProgress& operator=(const SendProgress&) = delete;
  ~SendProgress();

  // Checks at once, and then until hop.sent is set.
  void add(Transfer& transfer);
  void forget(Transfer& transfer) noexcept;

 private:
  void look();
  void arm();

  boost::asio::steady_timer timer_;
  const Clock& clock_;
  std::vector<Transfer*> sending_;
  bool armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gelombang
