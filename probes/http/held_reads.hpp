// Transfers of which libcurl has read more than their users' links have carried, and when each may go on. libcurl has
// paused them, or is done with them. The list holds ids, not pointers, because a held transfer may fail, time out or be
// cancelled meanwhile.
#pragma once

#include "base/clock.hpp"
#include "probes/http/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace gelombang {

class HeldReads {
 public:
  using Due = std::function<void()>;

  // `due` is called when some transfers are due. It takes as many as it has room for.
  HeldReads(boost::asio::io_context& context, Due due);

  void add(TimePoint until, TransferId transfer);
  void forget(TransferId transfer);
  // The due transfer that has waited longest.
  [[nodiscard]] std::optional<TransferId> take(TimePoint now);

 private:
  void arm();

  boost::asio::steady_timer timer_;
  Due due_;
  std::multimap<TimePoint, TransferId> held_;
  std::optional<TimePoint> armed_;  // when the timer fires
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gelombang
