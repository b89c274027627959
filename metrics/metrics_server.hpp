// Serves /metrics over HTTP for as long as it lives, and knows who looked.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace prometheus {
class Collectable;
}

namespace gelombang {

class MetricsServer {
 public:
  // `listen` is ADDRESS:PORT with a numeric IPv4 address (Debian's HTTP server under prometheus-cpp is built
  // without IPv6); port 0 takes a free one. Where it is taken or not ours: an Error.
  static Result<std::unique_ptr<MetricsServer>> open(std::string_view listen,
                                                     std::shared_ptr<prometheus::Collectable> metrics,
                                                     const Clock& clock);
  // Finishes the answers that are on their way.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // "http://127.0.0.1:9780/metrics".
  [[nodiscard]] std::string url() const;
  // How often it was scraped.
  [[nodiscard]] std::uint64_t scrapes() const;
  // When the last scrape began: it shows whatever was published before. Nothing where there was none.
  [[nodiscard]] std::optional<TimePoint> last_scrape() const;

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gelombang
