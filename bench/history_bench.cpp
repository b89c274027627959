// The cost of keeping a run: CPU for each second of 1,000 requests/s over twelve steps, and the growth of the file.
#include "base/clock.hpp"
#include "metrics/history/writer.hpp"
#include "tests/metrics/thresholds/busy_portal.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>
#include <ctime>

#include <chrono>
#include <filesystem>

namespace {

double thread_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

int main() {
  using namespace gelombang;
  constexpr int kSeconds = 600;
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  test::BusyPortal portal;
  RunStart start;
  start.id = "bench";
  start.plan = "{}";
  start.layout = portal.layout();
  auto opened = HistoryWriter::open(path, start);
  if (!opened) {
    fmt::print("{}\n", opened.error().message);
    return 1;
  }
  HistoryWriter& writer = **opened;
  double handing_over = 0;
  double at_first = 0;  // of writing, while attempts and evidence fill up
  for (int second = 0; second < kSeconds; ++second) {
    portal.play_second();
    const Snapshot delta = portal.recorder().take();
    SampledDetails details(portal.layout()->boundaries);
    portal.recorder().take(details);
    const double before = thread_cpu_seconds();
    writer.add({std::chrono::seconds(second),
                std::chrono::seconds(second + 1),
                1000,
                {},
                ValidityState::valid,
                0,
                delta,
                &details});
    handing_over += thread_cpu_seconds() - before;
    if (!writer.flush()) return 1;
    if (second + 1 == kSeconds / 2) at_first = writer.cpu_seconds();
  }
  const double writing = writer.cpu_seconds();
  fmt::print("hand over a second            {:8.2f} ms of CPU\n", handing_over / kSeconds * 1e3);
  fmt::print("write a second                {:8.2f} ms of CPU, {:.2f} ms after the first five minutes\n",
             writing / kSeconds * 1e3, (writing - at_first) / (kSeconds / 2) * 1e3);
  fmt::print("in all, for each request      {:8.2f} us of CPU at 1,000 requests/s\n",
             (handing_over + writing) / kSeconds * 1e6 / static_cast<double>(test::BusyPortal::kRequestsPerSecond));
  opened->reset();
  fmt::print("the file after {} s          {:8.2f} MB\n", kSeconds,
             static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  return 0;
}
