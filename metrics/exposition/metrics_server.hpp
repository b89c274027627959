// Serves /metrics over HTTP as long as it lives, and counts the scrapes. Serves other pages of a run as well.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/exposition/page_server.hpp"
#include "metrics/exposition/served_names.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Collectable;
}

namespace gelombang {

class MetricsServer {
 public:
  static constexpr std::size_t kMaxBody = PageServer::kMaxBody;
  using Page = std::function<PageAnswer(const PageRequest&)>;

  // `listen`: as in PageServer::open. `names`: the host names that it answers to. An Error if the address is in use or
  // not ours.
  static Result<std::unique_ptr<MetricsServer>> open(std::string_view listen,
                                                     std::shared_ptr<prometheus::Collectable> metrics,
                                                     const Clock& clock, ServedNames names = {});
  // Finishes the responses under way. No page is called afterwards.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // From now on, calls `page` for requests under a path, such as "/". Called on a thread of the server, by several at
  // once.
  void serve(std::string path, Page page);

  [[nodiscard]] std::uint16_t port() const;
  // "http://127.0.0.1:9780/metrics".
  [[nodiscard]] std::string url(std::string_view path = "/metrics") const;
  // How often it was scraped.
  [[nodiscard]] std::uint64_t scrapes() const;
  // When the last scrape began: it shows everything published before. Nothing if there was no scrape.
  [[nodiscard]] std::optional<TimePoint> last_scrape() const;

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gelombang
