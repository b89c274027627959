// A run over time, in a bounded number of points: the data of the charts of the report and of the live page. When there
// are too many points, neighbours are merged. A point keeps histograms, not percentiles, so a merged point shows
// exactly the same as a point recorded as one. Not thread-safe.
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/thresholds/interval.hpp"
#include "metrics/under_way.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

class RunSeries {
 public:
  static constexpr std::size_t kMostPoints = 600;
  static constexpr std::size_t kFewestPoints = 120;
  // A shorter interval joins the previous point: rates over a few milliseconds are noise.
  static constexpr Duration kShortest = std::chrono::milliseconds(250);

  struct Step {
    explicit Step(const std::shared_ptr<const LatencyBoundaries>& boundaries);
    void add(const StepSnapshot& delta);
    void merge(const Step& other);
    // Replaces the earlier ones: each has been counted since or is in `now`.
    void set_under_way(const UnderWay::Step& now);
    // Includes the steps under way, as censored.
    [[nodiscard]] CensoredHistogram response() const;
    [[nodiscard]] CensoredHistogram service() const;

    ResultCounts counts;  // of steps
    CensoredHistogram response_time;
    CensoredHistogram service_time;
    UnderWay::Step under_way;                                    // at the end
    std::array<std::uint64_t, kPhaseCount> phase_nanoseconds{};  // of successful requests, summed
    std::uint64_t requests = 0;                                  // successful ones
  };

  struct Point {
    Point(const MetricsLayout& layout, Duration from);
    void merge(const Point& other);

    Duration begin{};  // since the schedule's start
    Duration end{};
    double asked = 0;  // arrivals that the load asked for: rate times duration
    std::uint64_t started = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;   // iterations, including abandoned ones
    std::uint64_t dropped = 0;  // arrivals
    UsersByState users{};       // the most at the end of an interval, for each state
    Histogram schedule_lag;
    std::vector<Step> steps;  // by StepId
  };

  // `most` must be even; 0: chosen by the number of steps.
  explicit RunSeries(std::shared_ptr<const MetricsLayout> layout, std::size_t most = 0);

  void add(const Interval& interval);

  [[nodiscard]] const std::shared_ptr<const MetricsLayout>& layout() const noexcept { return layout_; }
  // At most `most` points. Only the last one still grows, until neighbours are merged.
  [[nodiscard]] const std::vector<Point>& points() const noexcept { return points_; }
  // How often neighbours were merged.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

 private:
  void halve();

  std::shared_ptr<const MetricsLayout> layout_;
  std::size_t most_;
  std::size_t stride_ = 1;  // intervals per point
  std::size_t filled_ = 0;  // intervals in the last point
  std::uint32_t generation_ = 0;
  std::vector<Point> points_;
};

// The points from index `first` on as JSON; docs/report.md describes each member. No blanks; times have three decimals,
// other numbers four digits.
std::string series_json(const RunSeries& series, std::size_t first = 0);

}  // namespace gelombang
