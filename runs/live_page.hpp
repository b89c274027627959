// The page of a run while it goes on, on the port of /metrics: "/" is the page, "/api/run" its figures. The run's
// thread feeds it; the server's threads only read.
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
  // Whoever looked this long ago is still there: the page asks every second.
  static constexpr Duration kPatience = std::chrono::seconds(4);

  // Serves from now on, also when this is gone: what was shown last. `clock` outlives the server.
  LivePage(MetricsServer& server, std::shared_ptr<const MetricsLayout> layout, std::uint64_t seed, std::string plan,
           const Clock& clock);

  void add(const Interval& interval);
  void annotate(const Annotation& annotation);
  // Whether anybody looks: only then a summary is worth making.
  [[nodiscard]] bool followed() const;
  void show(ReportDocument::State state, std::string summary, FirstFailureList first_failures = {});
  // Whether what show() was last given has been asked for since.
  [[nodiscard]] bool seen() const;

 private:
  struct Content;
  std::shared_ptr<Content> content_;
};

}  // namespace gelombang
