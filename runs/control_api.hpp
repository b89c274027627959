// Live control over HTTP: GET and POST /api/control on the metrics port, from this machine only, with a token from a
// file that only its user can read.
#pragma once

#include "base/result.hpp"
#include "metrics/exposition/metrics_server.hpp"
#include "runs/live_control.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace gelombang {

class ControlApi {
 public:
  static constexpr std::string_view kPath = "/api/control";

  // Writes the token to a new file with mode 0600 under $XDG_RUNTIME_DIR/gelombang, else under the state directory.
  // Returns an Error if there is no place for it. `control` is used on `loop`. All arguments must outlive the API.
  static Result<std::unique_ptr<ControlApi>> open(MetricsServer& server, LiveControl& control,
                                                  const boost::asio::any_io_executor& loop, const std::string& run_id);
  // Removes the file. From now on, requests are answered with "the run is over".
  ~ControlApi();
  ControlApi(const ControlApi&) = delete;
  ControlApi& operator=(const ControlApi&) = delete;

  [[nodiscard]] const std::string& token_file() const noexcept { return token_file_; }

 private:
  struct Handler;
  ControlApi(std::shared_ptr<Handler> handler, std::string token_file);
  std::shared_ptr<Handler> handler_;
  std::string token_file_;
};

}  // namespace gelombang
