// Serves /metrics over HTTP for as long as it lives, and knows who looked; beside it what others have to show of a run.
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

  // `listen` is as PageServer::open has it, `names` under which names it answers. Where the address is taken or not
  // ours: an Error.
  static Result<std::unique_ptr<MetricsServer>> open(std::string_view listen,
                                                     std::shared_ptr<prometheus::Collectable> metrics,
                                                     const Clock& clock, ServedNames names = {});
  // Finishes the answers that are on their way; no page is called afterwards.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Answers what is asked under a path, such as "/", from now on. Called on a thread of the server's, by several at
  // once.
  void serve(std::string path, Page page);

  [[nodiscard]] std::uint16_t port() const;
  // "http://127.0.0.1:9780/metrics".
  [[nodiscard]] std::string url(std::string_view path = "/metrics") const;
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
