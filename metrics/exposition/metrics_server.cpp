#include "metrics/exposition/metrics_server.hpp"

#include <fmt/format.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <utility>

namespace gelombang {

class MetricsServer::Impl {
 public:
  Impl(std::shared_ptr<prometheus::Collectable> metrics, const Clock& clock)
      : metrics_(std::move(metrics)), clock_(clock) {}

  PageAnswer answer(const PageRequest& request);
  void serve(std::string path, Page page) {
    const std::lock_guard lock(mutex);
    pages_[std::move(path)] = std::make_shared<const Page>(std::move(page));
  }

  std::uint64_t scrapes = 0;
  std::optional<TimePoint> last_scrape;
  mutable std::mutex mutex;

 private:
  PageAnswer scrape();

  std::shared_ptr<prometheus::Collectable> metrics_;
  const Clock& clock_;
  std::map<std::string, std::shared_ptr<const Page>, std::less<>> pages_;

 public:
  std::unique_ptr<PageServer> server;  // destroyed first: its threads use the rest
};

PageAnswer MetricsServer::Impl::scrape() {
  const TimePoint began = clock_.now();
  const auto families = metrics_->Collect();
  {
    const std::lock_guard lock(mutex);
    ++scrapes;
    last_scrape = began;
  }
  return {200, "text/plain; version=0.0.4; charset=utf-8", prometheus::TextSerializer().Serialize(families), {}};
}

PageAnswer MetricsServer::Impl::answer(const PageRequest& request) {
  if (request.path == "/metrics") {
    if (request.method == "GET" || request.method == "HEAD") return scrape();
    return {405, "text/plain", "only GET\n", {{"Allow", "GET, HEAD"}}};
  }
  std::shared_ptr<const Page> page;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = pages_.find(request.path); found != pages_.end()) page = found->second;
  }
  if (!page) return {404, "text/plain", "not here\n", {}};
  return (*page)(request);
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(std::string_view listen,
                                                           std::shared_ptr<prometheus::Collectable> metrics,
                                                           const Clock& clock, ServedNames names) {
  auto impl = std::make_unique<Impl>(std::move(metrics), clock);
  auto server = PageServer::open(listen, std::move(names),
                                 [&pages = *impl](const PageRequest& request) { return pages.answer(request); });
  if (!server) return server.error();
  impl->server = std::move(*server);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

void MetricsServer::serve(std::string path, Page page) { impl_->serve(std::move(path), std::move(page)); }

std::uint16_t MetricsServer::port() const { return impl_->server->port(); }
std::string MetricsServer::url(std::string_view path) const {
  return fmt::format("http://{}{}", impl_->server->address(), path);
}
std::uint64_t MetricsServer::scrapes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->scrapes;
}
std::optional<TimePoint> MetricsServer::last_scrape() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->last_scrape;
}

}  // namespace gelombang
