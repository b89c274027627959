// Transfers of which libcurl has read more than their users' links have carried, and when each may go on: libcurl has
// been told to pause them, or was done with them. Their ids, not their addresses: a held transfer may fail, time out or
// be cancelled meanwhile.
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

  // Some are due when `due` is called. It takes as many as it has room for.
  HeldReads(boost::asio::io_context& context, Due due);

  void add(TimePoint until, TransferId transfer);
  void forget(TransferId transfer);
  // The one that has waited longest of those that are due.
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
