#include "base/units.hpp"
#include "metrics/thresholds/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace gelombang {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct NamedComparison {
  std::string_view name;
  Comparison comparison;
};
constexpr std::array<NamedComparison, 6> kComparisons{{{"<", Comparison::less},
                                                       {"<=", Comparison::less_equal},
                                                       {">", Comparison::greater},
                                                       {">=", Comparison::greater_equal},
                                                       {"==", Comparison::equal},
                                                       {"!=", Comparison::not_equal}}};

std::optional<std::uint64_t> count_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<double> percentage_of(std::string_view word) {
  if (word.size() < 2 || word.back() != '%' || word.front() == '-') return std::nullopt;
  double value = 0;
  const char* last = word.data() + word.size() - 1;
  const auto [end, error] = std::from_chars(word.data(), last, value, std::chars_format::fixed);
  if (error != std::errc() || end != last || !(value >= 0 && value <= 100)) return std::nullopt;
  return value / 100;
}

class Parser : private ThresholdReader {
 public:
  explicit Parser(std::string_view text) : ThresholdReader("threshold", text) {}

  Result<Threshold> parse() {
    const auto what = read("'STEP: METRIC < LIMIT' or 'all: METRIC < LIMIT'");
    if (!what) return what.error();
    for (const auto part : {&Parser::comparison, &Parser::value, &Parser::rest}) {
      if (auto done = (this->*part)(); !done) return done.error();
    }
    return std::move(threshold_);
  }

 private:
  Result<void> comparison() {
    const auto found =
        std::find_if(kComparisons.begin(), kComparisons.end(), [this](const auto& c) { return c.name == here(); });
    if (found == kComparisons.end()) return fail_here("<, <=, >, >=, == or !=");
    threshold_.comparison = found->comparison;
    skip();
    return {};
  }

  Result<void> value() {
    std::optional<double> limit;
    std::string_view expected;
    if (threshold_.is_latency()) {
      expected = "a duration above 0 such as 800ms or 2s";
      if (const auto duration = parse_duration(here()); duration && *duration > Duration::zero()) {
        limit = static_cast<double>(duration->count());
      }
    } else if (threshold_.metric == ThresholdMetric::rate) {
      expected = "a rate such as 50/s";
      if (const auto rate = parse_rate(here())) limit = rate->per_second();
    } else if (threshold_.metric == ThresholdMetric::count) {
      expected = "a whole number such as 1000";
      if (const auto count = count_of(here())) limit = static_cast<double>(*count);
    } else {
      expected = "a percentage from 0% to 100%";
      limit = percentage_of(here());
    }
    if (!limit) return fail_here(expected);
    threshold_.limit = *limit;
    skip();
    return {};
  }

  // The modifiers, each at most once, in any order.
  Result<void> rest() {
    constexpr std::string_view kModifiers = "'over last D', 'after D', 'min N', 'abort' or 'allow no data'";
    while (!at_end()) {
      const std::string word(here());
      if (std::find(given_.begin(), given_.end(), word) != given_.end()) {
        return fail(fmt::format("'{}' is given twice", word), "once");
      }
      given_.push_back(word);
      Result<void> done;
      if (take("over")) {
        done = window();
      } else if (take("after")) {
        done = warm_up();
      } else if (take("min")) {
        done = minimum();
      } else if (take("abort")) {
        threshold_.abort = true;
      } else if (take("allow")) {
        if (!take("no") || !take("data")) return fail_here("'allow no data'");
        threshold_.allow_no_data = true;
      } else {
        return fail_here(kModifiers);
      }
      if (!done) return done.error();
    }
    return {};
  }

  Result<void> window() {
    if (!take("last")) return fail_here("'over last D'");
    const auto window = parse_duration(here());
    if (!window || *window < seconds(1) || *window > hours(1)) return fail_here("a duration from 1s to 1h");
    threshold_.window = *window;
    skip();
    return {};
  }

  Result<void> warm_up() {
    const auto after = parse_duration(here());
    if (!after) return fail_here("a duration such as 30s");
    threshold_.after = *after;
    skip();
    return {};
  }

  Result<void> minimum() {
    const auto count = count_of(here());
    if (!count || *count == 0) return fail_here("a whole number of samples above 0");
    threshold_.min_samples = *count;
    skip();
    return {};
  }

  std::vector<std::string> given_;
};

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  if (text.size() > 1000) return Error{"a threshold of more than 1000 characters is refused"};
  return Parser(text).parse();
}

}  // namespace gelombang
