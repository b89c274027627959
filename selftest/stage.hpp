// A part of the self-test: one short load run of the real engine, with a disturbance of known length, and the results
// that it must give.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/catch_up.hpp"
#include "reports/summary.hpp"
#include "runs/play_loop.hpp"
#include "selftest/check.hpp"
#include "selftest/scheduler_probe.hpp"
#include "selftest/server.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::selftest {

struct Disturbance {
  enum class Kind : std::uint8_t { freeze, stall };  // of the server, of our workers
  Kind kind = Kind::freeze;
  Duration at{};  // after the first arrival
  Duration length{};
};

// The figures of a finished stage.
struct StageFigures {
  Summary summary;
  std::uint64_t server_requests = 0;    // by the server's own count
  std::vector<TimePoint> server_times;  // when it saw them
  TimePoint epoch{};
  Duration frozen{};         // how long the server really was frozen
  SchedulerDelay scheduler;  // while the stage went on
  bool stopped = false;      // before its end: its figures say nothing
};

struct Stage {
  std::string name;
  std::string title;  // for people
  CatchUp catch_up = CatchUp::capped;
  Duration graceful_stop = std::chrono::seconds(5);
  std::optional<Disturbance> disturbance;
  std::function<std::vector<Check>(const StageFigures&)> checks;
};

// All of them, in their order.
std::vector<Stage> all_stages();
// Checks that the machine lets a thread run when it should: the worst of all stages.
Check scheduler_check(Duration worst_p99);

struct StageSetting {
  std::string scenario;  // a file
  std::optional<std::uint64_t> threads;
  const Server* server = nullptr;
  PlayLoop* loop = nullptr;           // a signal ends the stage at once
  std::function<void()> each_second;  // may be empty
};
Result<StageFigures> play(const Stage& stage, const StageSetting& setting);

}  // namespace gelombang::selftest
