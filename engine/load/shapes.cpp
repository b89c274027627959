#include "engine/load/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHour = 1h;
constexpr Duration kDay = 24h;
// The rush of the first minutes halves every minute.
constexpr Duration kRushHalfLife = 1min;
// An exponential consists of straight lines, eight for a half-life, and ends when 1/65536 of it is left.
constexpr int kLinesPerHalfLife = 8;
constexpr int kHalfLives = 16;
constexpr int kResultHalfLives = 8;

// The local time of day of a zone, `offset` after the load began.
Duration time_of_day(const DayCurve& day, const TimeZone& zone, Duration offset) {
  const Duration shift = zone.utc_offset - day.zones.front().utc_offset;
  const Duration local = (day.start + shift + offset) % kDay;
  return local < Duration::zero() ? local + kDay : local;
}

// The rate at that moment, divided by the day's mean.
double level(const DayCurve& day, Duration offset) {
  const double weights = std::accumulate(day.weights.begin(), day.weights.end(), 0.0);
  double shares = 0;
  double sum = 0;
  for (const TimeZone& zone : day.zones) {
    const auto hour = static_cast<std::size_t>(time_of_day(day, zone, offset) / kHour);
    sum += zone.share * day.weights[hour];
    shares += zone.share;
  }
  return sum / shares * 24 / weights;
}

// Adds the times within (0, length) at which an hour begins in one of the zones.
void add_hours(const DayCurve& day, Duration length, std::vector<Duration>& times) {
  for (const TimeZone& zone : day.zones) {
    const Duration into = time_of_day(day, zone, Duration::zero()) % kHour;
    for (Duration at = kHour - into; at < length; at += kHour) times.push_back(at);
  }
}

void add_decay(Duration half_life, int half_lives, std::vector<Duration>& times) {
  const double step = to_seconds(half_life) / kLinesPerHalfLife;
  for (int i = 1; i <= half_lives * kLinesPerHalfLife; ++i) times.push_back(from_seconds(i * step));
}

void sort_and_cut(std::vector<Duration>& times, Duration end) {
  times.push_back(Duration::zero());
  times.push_back(end);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  times.erase(std::upper_bound(times.begin(), times.end(), end), times.end());
}

double decay(Duration offset, Duration half_life, int half_lives) {
  if (offset > half_life * half_lives) return 0;
  return std::exp2(-to_seconds(offset) / to_seconds(half_life));
}

// The parts of a wave on one interval. Each part is a straight line from the first value to the second.
struct Line {
  double from = 0;
  double to = 0;
};
struct Interval {
  Duration begin{};
  Duration end{};
  std::array<Line, 3> parts;  // rush, crowd, day; their amplitudes are still unknown
  Line closing;               // per second and arrival
  [[nodiscard]] double seconds() const { return to_seconds(end - begin); }
};

std::vector<Interval> intervals_of(const WaveOpening& wave) {
  std::vector<Duration> times{1min, 1h, wave.window - wave.closing_lasts};
  add_hours(wave.day, wave.window, times);
  add_decay(kRushHalfLife, kHalfLives, times);
  add_decay(wave.half_life, kHalfLives, times);
  sort_and_cut(times, wave.window);
  const double lasts = to_seconds(wave.closing_lasts);
  const auto closing = [&](Duration at) {
    const double since = to_seconds(at - (wave.window - wave.closing_lasts));
    return wave.closing_share > 0 && since > 0 ? 2 * wave.closing_share * since / (lasts * lasts) : 0;
  };
  std::vector<Interval> intervals;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    const Duration a = times[i];
    const Duration b = times[i + 1];
    const double base = level(wave.day, a);
    intervals.push_back({a,
                         b,
                         {{{decay(a, kRushHalfLife, kHalfLives), decay(b, kRushHalfLife, kHalfLives)},
                           {decay(a, wave.half_life, kHalfLives), decay(b, wave.half_life, kHalfLives)},
                           {base, base}}},
                         {closing(a), closing(b)}});
  }
  return intervals;
}

using Row = std::array<double, 3>;

double determinant(const Row& a, const Row& b, const Row& c) {
  return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}

// Cramer's rule; the three curves are never multiples of each other.
Row solve(const std::array<Row, 3>& rows, const Row& right) {
  const double divisor = determinant(rows[0], rows[1], rows[2]);
  Row result{};
  for (std::size_t column = 0; column < 3; ++column) {
    std::array<Row, 3> replaced = rows;
    for (std::size_t row = 0; row < 3; ++row) replaced[row][column] = right[row];
    result[column] = determinant(replaced[0], replaced[1], replaced[2]) / divisor;
  }
  return result;
}

// The integrals of the three parts over the first minute, the first hour and the window.
std::array<Row, 3> integrals_of(const std::vector<Interval>& intervals) {
  std::array<Row, 3> rows{};
  for (const Interval& interval : intervals) {
    for (std::size_t part = 0; part < 3; ++part) {
      const double area = interval.seconds() * (interval.parts[part].from + interval.parts[part].to) / 2;
      if (interval.end <= 1min) rows[0][part] += area;
      if (interval.end <= 1h) rows[1][part] += area;
      rows[2][part] += area;
    }
  }
  return rows;
}

Result<Row> amplitudes_of(const WaveOpening& wave, const std::vector<Interval>& intervals) {
  const std::array<Row, 3> rows = integrals_of(intervals);
  const double minute = wave.first_minute * wave.first_hour / 60;
  const Row found = solve(rows, {minute, wave.first_hour, 1 - wave.closing_share});
  const std::string asked = fmt::format("impossible curve: first_hour {:.4g}, first_minute {:.4g}, half_life {}",
                                        wave.first_hour, wave.first_minute, format_duration(wave.half_life));
  constexpr double kRounding = 1e-12;
  if (!std::isfinite(found[0] + found[1] + found[2])) return Error{asked};
  if (found[2] < -kRounding) {
    return Error{asked + " bring more than all arrivals: expected a smaller first_hour or a shorter half_life"};
  }
  if (found[1] < -kRounding) {
    return Error{asked +
                 " leave no arrivals after the first hour: expected a larger first_hour or a smaller first_minute"};
  }
  if (found[0] < -kRounding) {
    return Error{asked + " leave no rush: expected a larger first_minute"};
  }
  return Row{std::max(0.0, found[0]), std::max(0.0, found[1]), std::max(0.0, found[2])};
}

void add_result(const WaveOpening& wave, Intensity& intensity) {
  if (!(wave.result_share > 0)) return;
  intensity.add_piece(wave.result_after, Rate{}, Rate{});
  std::vector<Duration> times;
  add_decay(wave.result_half_life, kResultHalfLives, times);
  sort_and_cut(times, wave.result_half_life * kResultHalfLives);
  const auto height = [&](std::size_t i) { return decay(times[i], wave.result_half_life, kResultHalfLives); };
  double area = 0;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    area += to_seconds(times[i + 1] - times[i]) * (height(i) + height(i + 1)) / 2;
  }
  const double peak = wave.arrivals * wave.result_share / area;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    intensity.add_piece(times[i + 1] - times[i], Rate::per_second(peak * height(i)),
                        Rate::per_second(peak * height(i + 1)));
  }
}

}  // namespace

Intensity diurnal(Rate mean, Duration length, const DayCurve& day) {
  std::vector<Duration> times;
  add_hours(day, length, times);
  sort_and_cut(times, length);
  Intensity intensity;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    const Rate rate = Rate::per_second(mean.per_second() * level(day, times[i]));
    intensity.add_piece(times[i + 1] - times[i], rate, rate);
  }
  return intensity;
}

Result<Intensity> wave_opening(const WaveOpening& wave) {
  const std::vector<Interval> intervals = intervals_of(wave);
  const auto amplitudes = amplitudes_of(wave, intervals);
  if (!amplitudes) return amplitudes.error();
  Intensity intensity;
  for (const Interval& interval : intervals) {
    Line sum = interval.closing;
    for (std::size_t part = 0; part < 3; ++part) {
      sum.from += (*amplitudes)[part] * interval.parts[part].from;
      sum.to += (*amplitudes)[part] * interval.parts[part].to;
    }
    intensity.add_piece(interval.end - interval.begin, Rate::per_second(wave.arrivals * sum.from),
                        Rate::per_second(wave.arrivals * sum.to));
  }
  add_result(wave, intensity);
  return intensity;
}

}  // namespace gelombang
