// The page of a run while it is played, on the port of /metrics: "/" is the page, "/api/run" has its figures. The run's
// thread writes the figures, the server's threads only read.
#pragma once

#include "base/clock.hpp"
#include "metrics/annotation.hpp"
#include "metrics/layout.hpp"
#include "metrics/thresholds/interval.hpp"
#include "reports/report_document.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace gelombang {

class MetricsServer;

class LivePage {
 public:
  // A page that asked within this time is still open: it asks every second.
  static constexpr Duration kPatience = std::chrono::seconds(4);

  // Serves from now on. After this object is destroyed, it serves what was shown last. `clock` must outlive the server.
  LivePage(MetricsServer& server, std::shared_ptr<const MetricsLayout> layout, std::uint64_t seed, std::string plan,
           const Clock& clock);

  void add(const Interval& interval);
  void annotate(const Annotation& annotation);
  // Whether a page is open. Only then a summary is worth making.
  [[nodiscard]] bool followed() const;
  void show(ReportDocument::State state, std::string summary, FirstFailureList first_failures = {},
            std::optional<RecentFigures> recent = std::nullopt);
  // Whether a page has asked since the last show().
  [[nodiscard]] bool seen() const;

 private:
  struct Content;
  std::shared_ptr<Content> content_;
};

}  // namespace gelombang
