#include "engine/load/replay.hpp"

#include "engine/load/load.hpp"
#include "engine/load/rate_recording.hpp"

#include <fmt/format.h>

namespace gelombang {
namespace {

Result<void> read(const RateCsvSource& source, Load& load, const ControlTraffic&, std::vector<std::string>& notes) {
  auto rate = read_rate_csv(source.file, notes);
  if (!rate) return rate.error();
  load.intensity = std::move(*rate);
  return {};
}

Result<void> read(const PrometheusQuery& source, Load& load, const ControlTraffic& traffic,
                  std::vector<std::string>& notes) {
  const auto points = query_prometheus(source, traffic, notes);
  if (!points) return points.error();
  auto rate = rate_of_points(*points, source.query);
  if (!rate) return rate.error();
  load.intensity = std::move(*rate);
  return {};
}

Result<void> read(const AccessLogSource& source, Load& load, const ControlTraffic&, std::vector<std::string>& notes) {
  auto recording = read_access_log(source.file, source.options, notes);
  if (!recording) return recording.error();
  load.intensity = (*recording)->rate;
  load.sessions = SessionReplay{std::move(*recording)};
  return {};
}

}  // namespace

Result<void> read_recording(Load& load, const ControlTraffic& traffic, std::vector<std::string>& notes) {
  if (!load.source) return {};
  const auto done = std::visit([&](const auto& source) { return read(source, load, traffic, notes); }, *load.source);
  if (!done) return Error{fmt::format("load '{}': {}", load.name, done.error().message)};
  load.source.reset();
  return {};
}

}  // namespace gelombang
