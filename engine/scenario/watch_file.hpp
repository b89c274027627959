// What a watch file says, as data. Values of the wrong type, unknown keys and names that stand twice were refused while
// it was read; what needs this machine (zones, scenarios, accounts) is judged by uptime/watch_plan.
#pragma once

#include "base/clock.hpp"
#include "engine/people/feeder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

struct WatchFile {
  // A share of good visits; of a step's service time, where a step is named.
  struct Objective {
    std::string step;  // empty: availability
    Duration below{};
    double share = 0;  // in (0, 1)
  };
  struct Monitor {
    std::string name;
    std::string scenario;  // a file beside the watch file; either this
    std::string url;       // or that; relative to the target, or whole
    std::string contains;  // a part of the url's body; empty: anything
    std::string title;     // for the public; empty: none
    Duration every{};
    Duration timeout{};          // 0: the default
    Duration slow{};             // 0: never degraded for being slow
    std::optional<Feed> people;  // the pool's accounts
    Duration rest{};             // of an account between two uses
    std::vector<Objective> objectives;
    unsigned down_failures = 2;
    unsigned down_of = 2;
    unsigned max_in_flight = 1;
    std::uint64_t per_day = 0;  // 0: no limit
    bool probe_in_maintenance = true;
  };
  struct Maintenance {
    std::string when;  // "Sun 00:01" or "2026-12-04T12:00"
    Duration lasts{};
  };
  struct CalendarEntry {
    std::string at;  // "2026-12-04T12:00"
    std::string text;
  };

  std::string path;
  std::string location;  // empty: not said
  std::vector<std::string> locations;
  std::string zone;  // empty: this machine's
  std::string target;
  std::vector<Monitor> monitors;  // by name
  std::vector<Maintenance> maintenance;
  std::vector<CalendarEntry> calendar;
  std::vector<std::string> witness;  // "10.0.0.1:443"
};

}  // namespace gelombang
