// A year of twenty monitors in memory. A model of the truth, which shares no code with the watch, runs beside it. In
// real time the machine sleeps, its wall clock is set, and the watch is killed and started again.
#include "tests/support/catch.hpp"
#include "tests/support/sanitizer.hpp"
#include "uptime/availability.hpp"
#include "uptime/watch_core.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <queue>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

constexpr Duration kHour = 1h;
constexpr Duration kStart = 1'798'761'600s;  // 1 January 2027, 00:00 UTC: the wall clock at real time 0

struct Span {
  Duration from{};
  Duration to{};
  [[nodiscard]] bool covers(Duration at) const { return from <= at && at < to; }
};

bool any_covers(const std::vector<Span>& spans, Duration at) {
  const auto after = std::upper_bound(spans.begin(), spans.end(), at,
                                      [](Duration value, const Span& span) { return value < span.from; });
  return after != spans.begin() && std::prev(after)->covers(at);
}

// The events of the machine, one after the other, with quiet hours between them.
struct MachineEvent {
  enum class Kind : std::uint8_t { sleep, step, restart } kind;
  Duration at;
  Duration takes;    // sleep, restart: how long
  Duration step_by;  // step
};

std::vector<Span> draw_spans(RandomStream& random, Duration end, int count, Duration shortest, Duration longest) {
  std::vector<Span> spans;
  const Duration share = end / count;
  for (int i = 0; i < count; ++i) {
    const auto took =
        shortest +
        Duration(static_cast<Duration::rep>(random.below(static_cast<std::uint64_t>((longest - shortest).count()))));
    const auto room = static_cast<std::uint64_t>((share - took).count());
    const Duration from = i * share + Duration(static_cast<Duration::rep>(random.below(room)));
    spans.push_back({from, from + took});
  }
  return spans;
}

// The world in real time.
struct World {
  Duration end;
  std::vector<MachineEvent> machine;
  struct Portal {
    std::vector<Span> down, slow;
  };
  std::vector<Portal> portals;
  std::vector<Span> own_faults;

  World(Duration length, int sleeps, int steps, int restarts, std::size_t portal_count) : end(length) {
    RandomStream random(7, RandomPurpose::draw, 0);
    std::vector<MachineEvent::Kind> kinds;
    kinds.insert(kinds.end(), static_cast<std::size_t>(sleeps), MachineEvent::Kind::sleep);
    kinds.insert(kinds.end(), static_cast<std::size_t>(steps), MachineEvent::Kind::step);
    kinds.insert(kinds.end(), static_cast<std::size_t>(restarts), MachineEvent::Kind::restart);
    for (std::size_t i = kinds.size(); i > 1; --i) std::swap(kinds[i - 1], kinds[random.below(i)]);
    const Duration share = end / static_cast<Duration::rep>(kinds.size());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      // The first one comes when each monitor has ended a slot: before, nobody knows of it after a restart.
      const Duration at = static_cast<Duration::rep>(i) * share + kHour + Duration(1'234'567'891 * (1 + i % 17));
      const auto seconds = [&](std::uint64_t least, std::uint64_t most) {
        return std::chrono::seconds(least + random.below(most - least)) + 137ms;
      };
      const Duration step = seconds(2, 4 * 3600) * (random.below(2) == 0 ? 1 : -1);
      machine.push_back({kinds[i], at, seconds(3, 5 * 3600), step});
    }
    for (std::size_t i = 0; i < portal_count; ++i) {
      // The last portal is down for a third of the time, so that many kills interrupt one of its visits.
      const Duration longest = i + 1 == portal_count ? end / 60 : 5 * kHour;
      portals.push_back({draw_spans(random, end, 40, 30s, longest), draw_spans(random, end, 30, 1min, 8 * kHour)});
    }
    own_faults = draw_spans(random, end, 20, 1min, 2 * kHour);
  }

  [[nodiscard]] VisitResult result(std::size_t portal, Duration at) const {
    if (any_covers(own_faults, at)) return VisitResult::aborted;
    if (any_covers(portals[portal].down, at)) return VisitResult::failure;
    return any_covers(portals[portal].slow, at) ? VisitResult::degraded : VisitResult::success;
  }
  // The last portal hangs for longer than its monitors' interval.
  [[nodiscard]] Duration takes(std::size_t portal, VisitResult result) const {
    if (result == VisitResult::failure) return portal + 1 == portals.size() ? 400s : 20s;
    return result == VisitResult::degraded ? 3s : 450ms;
  }
};

// The counts of one monitor.
struct Counted {
  SlotCounts all;
  SlotCounts maintained;
  bool operator==(const Counted&) const = default;
};

std::vector<MonitorTiming> monitors(std::size_t portals) {
  std::vector<MonitorTiming> timings;
  for (std::size_t i = 0; i < 20; ++i) {
    MonitorTiming timing;
    timing.name = fmt::format("monitor {}", i);
    timing.host = fmt::format("portal{}.example", i % portals);
    timing.interval = std::array<Duration, 4>{5min, 6min, 10min, 15min}[i / 5];
    if (i % 7 == 3) timing.down = {2, 5};
    timing.probe_in_maintenance = i % 5 != 4;
    timings.push_back(timing);
  }
  return timings;
}

// Sunday 02:30 for two hours in New York, computed by hand: in 2027 New York is at UTC-5, and at UTC-4 from 14 March
// 07:00 UTC to 7 November 06:00 UTC. On 14 March 02:30 does not exist and becomes 07:00 UTC.
bool maintained_by_hand(Duration wall) {
  using std::chrono::sys_days;
  const Duration forward(sys_days(std::chrono::year(2027) / 3 / 14).time_since_epoch() + 7h);
  const Duration back(sys_days(std::chrono::year(2027) / 11 / 7).time_since_epoch() + 6h);
  if (wall >= forward && wall < forward + 2h) return true;
  if (wall >= forward + 2h && wall < forward + 12h) return false;
  // On 7 November 02:30 occurs once, after the clocks were put back.
  const Duration offset = wall >= forward && wall < back ? -4h : -5h;
  const Duration local = wall + offset;
  const auto week = Duration(7 * 24h);
  const Duration since_sunday = (local - Duration(3 * 24h)) % week;  // 4 January 1970 was a Sunday
  return since_sunday >= Duration(2h + 30min) && since_sunday < Duration(4h + 30min);
}

// The truth of one monitor, computed slot by slot through real time.
class Truth {
 public:
  Truth(const World& world, const MonitorTiming& timing, std::size_t portal)
      : world_(world),
        timing_(timing),
        portal_(portal),
        offset_(slot_offset(timing.name, "jakarta-1", timing.interval)) {
    Duration wall = kStart;  // at real time `at`
    Duration at{};
    next_ = first_after(wall);
    for (const auto& event : world.machine) {
      awake(at, event.at, wall);
      wall += event.at - at;
      at = event.at;
      switch (event.kind) {
        case MachineEvent::Kind::step:
          wall += event.step_by;
          skip(wall, SlotOutcome::clock_jump);
          break;
        case MachineEvent::Kind::sleep:
          // The sleep does not count for a visit under way: the visit continues afterwards.
          if (busy_until_ > at) busy_until_ += event.takes;
          wall += event.takes;
          at += event.takes;
          skip(wall, SlotOutcome::clock_jump);
          break;
        case MachineEvent::Kind::restart:
          // The visit under way is lost, and its slot too.
          if (busy_until_ > at) {
            take_back();
            busy_until_ = at;
          }
          wall += event.takes;
          at += event.takes;
          skip(wall, SlotOutcome::not_running);
          break;
      }
    }
    awake(at, world.end, wall);
    wall_at_end_ = wall + (world.end - at);
  }
  Counted counted;
  [[nodiscard]] Slot first() const { return first_; }

 private:
  Slot first_after(Duration wall) { return first_ = (wall - offset_) / timing_.interval + 1; }
  [[nodiscard]] Duration due(Slot slot) const { return slot * timing_.interval + offset_; }

  // The slots that are due from real time `from` to `to`. `wall` is the wall clock at `from`.
  void awake(Duration from, Duration to, Duration wall) {
    for (; due(next_) <= wall + (to - from); ++next_) {
      const Duration at = from + (due(next_) - wall);
      const bool maintained = maintained_by_hand(due(next_));
      if (maintained && !timing_.probe_in_maintenance) {
        unplayed(SlotOutcome::paused, maintained);
      } else if (busy_until_ > at) {
        unplayed(SlotOutcome::overlap, maintained);
      } else {
        const auto result = world_.result(portal_, at);
        busy_until_ = at + world_.takes(portal_, result);
        undo_ = {result, next_, maintained};
        counted.all.add_visit(result);
        if (maintained) counted.maintained.add_visit(result);
      }
    }
  }
  void skip(Duration wall, SlotOutcome outcome) {
    for (; due(next_) <= wall; ++next_) unplayed(outcome, maintained_by_hand(due(next_)));
  }
  void unplayed(SlotOutcome outcome, bool maintained) {
    counted.all.add_unplayed(outcome, 1);
    if (maintained) counted.maintained.add_unplayed(outcome, 1);
  }
  // A kill left the visit's slot without an end: the slot counts as not running, whatever came between.
  void take_back() {
    const auto remove = [&](SlotCounts& counts) {
      --counts.outcomes[static_cast<std::size_t>(SlotOutcome::run)];
      --counts.results[static_cast<std::size_t>(undo_.result)];
      ++counts.outcomes[static_cast<std::size_t>(SlotOutcome::not_running)];
    };
    remove(counted.all);
    if (undo_.maintained) remove(counted.maintained);
  }

  const World& world_;
  const MonitorTiming& timing_;
  std::size_t portal_;
  Duration offset_;
  Slot first_ = 0;
  Slot next_ = 0;
  Duration busy_until_{};
  Duration wall_at_end_{};
  struct {
    VisitResult result;
    Slot slot;
    bool maintained;
  } undo_{};
};

// The records that a history would hold of one monitor.
struct Kept {
  std::optional<Slot> first;
  std::vector<unsigned char> ended;  // how often each slot ended, from the first slot on
  Counted counted;

  void end(Slot slot) {
    if (!first) first = slot;
    const auto place = static_cast<std::size_t>(slot - *first);
    if (place >= ended.size()) ended.resize(place + 1);
    ++ended[place];
  }

  [[nodiscard]] std::optional<WatchCore::KnownSlots> known() const {
    if (!first) return std::nullopt;
    WatchCore::KnownSlots slots{*first + static_cast<Slot>(ended.size()) - 1, {}};
    for (std::size_t i = 0; i < ended.size(); ++i) {
      if (ended[i] == 0) slots.missing.push_back(*first + static_cast<Slot>(i));
    }
    return slots;
  }
};

class Simulation {
 public:
  Simulation(const World& world, std::size_t portals)
      : world_(world), portals_(portals), timings_(monitors(portals)), kept_(timings_.size()) {
    start();
    for (const auto& event : world_.machine) {
      run_until(event.at);
      happen(event);
    }
    run_until(world_.end);
    for (; !running_.empty(); running_.pop()) {
      now_ = running_.top().ends;
      visit_ended(running_.top());
    }
  }
  [[nodiscard]] const std::vector<Kept>& kept() const { return kept_; }
  [[nodiscard]] const std::vector<MonitorTiming>& timings() const { return timings_; }
  [[nodiscard]] int most_at_once() const { return most_at_once_; }
  int jumps = 0;
  int incidents = 0;
  int wrong_incidents = 0;

 private:
  struct Running {
    Duration ends;
    VisitOrder order;
    Visit visit;
    bool operator>(const Running& other) const { return ends > other.ends; }
  };

  [[nodiscard]] ClockReading reading() const { return {TimePoint(now_ - slept_), TimePoint(now_), WallTime(wall())}; }
  [[nodiscard]] Duration wall() const { return kStart + now_ + stepped_; }

  void start() {
    const auto* const zone = find_zone("America/New_York").value();
    core_ = std::make_unique<WatchCore>(
        "jakarta-1", timings_, MaintenanceCalendar(*zone, {parse_maintenance("Sun 02:30", 2h, *zone).value()}), 1000,
        WatchCore::Events{[this](const UnplayedSlots& gone) { unplayed(gone); }, nullptr,
                          [this](const ClockJump&) { ++jumps; }});
    for (std::size_t i = 0; i < timings_.size(); ++i) core_->start(i, kept_[i].known(), reading());
  }

  void run_until(Duration end) {
    while (true) {
      const Duration wake =
          std::min(now_ + core_->until_next(reading()), running_.empty() ? Duration::max() : running_.top().ends);
      if (wake > end) break;
      now_ = wake;
      while (!running_.empty() && running_.top().ends <= now_) {
        const auto done = running_.top();
        running_.pop();
        visit_ended(done);
      }
      look();
    }
    now_ = end;
  }

  void look() {
    const auto orders = core_->look(reading());
    for (const auto& order : orders) {
      const std::size_t portal = order.monitor % portals_;
      const auto result = world_.result(portal, now_);
      Visit visit{WallTime(wall()), {}, result, order.follow_up};
      running_.push({now_ + world_.takes(portal, result), order, visit});
    }
    most_at_once_ = std::max(most_at_once_, static_cast<int>(orders.size()));
  }

  void visit_ended(Running done) {
    done.visit.ended = WallTime(wall());
    auto& kept = kept_[done.order.monitor];
    if (done.order.slot) {
      end_slot(done.order.monitor, *done.order.slot);
      kept.counted.all.add_visit(done.visit.result);
      if (done.order.in_maintenance) kept.counted.maintained.add_visit(done.visit.result);
    }
    const bool was_open = core_->state(done.order.monitor).incident_open();
    core_->visit_ended(done.order, done.visit, reading());
    const auto& state = core_->state(done.order.monitor);
    if (was_open && !state.incident_open()) check_incident(done.order.monitor % portals_, *state.incident());
  }

  // An outage begins and an outage ends within the incident's bounds. Incidents during which the wall clock was set are
  // not checked.
  void check_incident(std::size_t portal, const Incident& incident) {
    const auto real = [&](WallTime at) { return at.time_since_epoch() - kStart - stepped_; };
    if (!incident.began.after || real(*incident.began.after) < stepped_at_) return;
    const auto& down = world_.portals[portal].down;
    const auto within = [&](Duration at, const TimeBounds& bounds) {
      return real(*bounds.after) <= at && at <= real(bounds.by);
    };
    const auto some = [&](Duration Span::*edge, const TimeBounds& bounds) {
      return std::any_of(down.begin(), down.end(), [&](const Span& span) { return within(span.*edge, bounds); });
    };
    ++incidents;
    if (!some(&Span::from, incident.began) || !some(&Span::to, *incident.ended)) ++wrong_incidents;
  }

  void unplayed(const UnplayedSlots& gone) {
    auto& kept = kept_[gone.monitor];
    const auto count = static_cast<std::uint64_t>(gone.slots.last - gone.slots.first + 1);
    for (Slot slot = gone.slots.first; slot <= gone.slots.last; ++slot) end_slot(gone.monitor, slot);
    kept.counted.all.add_unplayed(gone.slots.outcome, count);
    if (gone.in_maintenance) kept.counted.maintained.add_unplayed(gone.slots.outcome, count);
  }

  void end_slot(std::size_t monitor, Slot slot) { kept_[monitor].end(slot); }

  void happen(const MachineEvent& event) {
    switch (event.kind) {
      case MachineEvent::Kind::step:
        stepped_ += event.step_by;
        stepped_at_ = now_;
        look();
        break;
      case MachineEvent::Kind::sleep: {
        now_ += event.takes;
        slept_ += event.takes;
        decltype(running_) later;
        for (; !running_.empty(); running_.pop()) {
          auto one = running_.top();
          one.ends += event.takes;
          later.push(one);
        }
        running_ = std::move(later);
        look();
        break;
      }
      case MachineEvent::Kind::restart:
        running_ = {};
        now_ += event.takes;
        start();
        break;
    }
  }

  const World& world_;
  std::size_t portals_;
  std::vector<MonitorTiming> timings_;
  std::vector<Kept> kept_;
  std::unique_ptr<WatchCore> core_;
  std::priority_queue<Running, std::vector<Running>, std::greater<>> running_;
  Duration now_{};
  Duration slept_{};
  Duration stepped_{};
  Duration stepped_at_{};
  int most_at_once_ = 0;
};

void check_year(Duration length, int sleeps, int steps, int restarts) {
  constexpr std::size_t kPortals = 6;
  const World world(length, sleeps, steps, restarts, kPortals);
  const Simulation simulation(world, kPortals);
  SlotCounts all;
  for (std::size_t i = 0; i < simulation.kept().size(); ++i) {
    INFO("monitor " << i);
    const auto& kept = simulation.kept()[i];
    const Truth truth(world, simulation.timings()[i], i % kPortals);
    for (std::size_t k = 0; k < kSlotOutcomeNames.size(); ++k) {
      INFO(kSlotOutcomeNames[k]);
      CHECK(kept.counted.all.outcomes[k] == truth.counted.all.outcomes[k]);
      CHECK(kept.counted.maintained.outcomes[k] == truth.counted.maintained.outcomes[k]);
    }
    CHECK(kept.counted == truth.counted);
    // Each slot from the first to the last has ended exactly once.
    CHECK(kept.first == truth.first());
    CHECK(std::count(kept.ended.begin(), kept.ended.end(), 1) == static_cast<std::ptrdiff_t>(kept.ended.size()));
    CHECK(kept.counted.all.due() == kept.ended.size());
    const auto measured = availability(kept.counted.all);
    const auto expected = availability(truth.counted.all);
    CHECK(measured.uptime == expected.uptime);
    CHECK(measured.lowest == expected.lowest);
    CHECK(measured.highest == expected.highest);
    all.merge(kept.counted.all);
  }
  CHECK(simulation.jumps == sleeps + steps);
  CHECK(simulation.wrong_incidents == 0);
  CHECK(simulation.incidents > 10);
  CHECK(simulation.most_at_once() <= 3);  // never a burst
  for (std::size_t k = 0; k < kSlotOutcomeNames.size(); ++k) {
    INFO(kSlotOutcomeNames[k]);
    // This process is never too slow here.
    CHECK((all.outcomes[k] > 0) == (static_cast<SlotOutcome>(k) != SlotOutcome::overload));
  }
}

}  // namespace

TEST_CASE(
    "watch: through a year of sleeps, clock steps and restarts each due slot ends once, and figures are the truth") {
  if (test::kSanitized) {
    check_year(60 * 24 * kHour, 10, 10, 8);
  } else {
    check_year(365 * 24 * kHour, 60, 60, 50);
  }
}
