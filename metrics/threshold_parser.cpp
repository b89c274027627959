#include "base/units.hpp"
#include "metrics/threshold.hpp"

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

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_operator(char c) { return c == '<' || c == '>' || c == '=' || c == '!'; }

// Words, and runs of operator characters, which need no blanks around them.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < text.size()) {
    if (is_blank(text[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    const bool operators = is_operator(text[i]);
    while (i < text.size() && !is_blank(text[i]) && is_operator(text[i]) == operators) ++i;
    words.emplace_back(text.substr(start, i - start));
  }
  return words;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

struct NamedMetric {
  std::string_view name;
  ThresholdMetric metric;
};
constexpr std::array<NamedMetric, 9> kMetrics{{{"response_time", ThresholdMetric::response_time},
                                               {"service_time", ThresholdMetric::service_time},
                                               {"phase", ThresholdMetric::phase},
                                               {"mail_delivery", ThresholdMetric::mail_delivery},
                                               {"person_time", ThresholdMetric::person_time},
                                               {"error_rate", ThresholdMetric::error_rate},
                                               {"served_rate", ThresholdMetric::served_rate},
                                               {"count", ThresholdMetric::count},
                                               {"rate", ThresholdMetric::rate}}};
constexpr std::string_view kMetricList =
    "response_time, service_time, phase, mail_delivery, person_time, error_rate, served_rate, count or rate";

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

// p5 and p95 are percent; from three digits on the first two are, p999 being 99.9 %, as is p99.9.
std::optional<double> quantile_of(std::string_view word) {
  if (word.size() < 2 || word.front() != 'p') return std::nullopt;
  const std::string_view digits = word.substr(1);
  const std::size_t dot = digits.find('.');
  const std::string_view whole = digits.substr(0, dot);
  const auto all_digits = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!all_digits(whole) || digits.size() > 8) return std::nullopt;
  double percent = 0;
  if (dot != std::string_view::npos) {
    if (whole.size() > 2 || !all_digits(digits.substr(dot + 1))) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), percent, std::chars_format::fixed);
  } else {
    // p125 would be read as 12.5 % by nobody.
    if (whole.size() > 2 && whole.front() != '9') return std::nullopt;
    std::from_chars(whole.data(), whole.data() + whole.size(), percent, std::chars_format::fixed);
    for (std::size_t i = 2; i < whole.size(); ++i) percent /= 10;
  }
  if (!(percent > 0 && percent < 100)) return std::nullopt;
  return percent / 100;
}

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

class Parser {
 public:
  explicit Parser(std::string_view text) { threshold_.expression = squeezed(text); }

  Result<Threshold> parse() {
    // The last colon: a step's name may hold one, what follows never does.
    const std::size_t colon = threshold_.expression.rfind(':');
    if (colon == std::string::npos) {
      return fail("there is no ':'", "'STEP: METRIC < LIMIT' or 'all: METRIC < LIMIT'");
    }
    threshold_.selector = squeezed(std::string_view(threshold_.expression).substr(0, colon));
    if (threshold_.selector.empty()) return fail("nothing stands before the ':'", "the name of a step, or 'all'");
    words_ = words_of(std::string_view(threshold_.expression).substr(colon + 1));
    for (const auto part : {&Parser::metric, &Parser::aggregate, &Parser::comparison, &Parser::value, &Parser::rest}) {
      if (auto done = (this->*part)(); !done) return done.error();
    }
    return std::move(threshold_);
  }

 private:
  [[nodiscard]] Error fail(std::string_view problem, std::string_view expected) const {
    return Error{fmt::format("threshold '{}': {}: expected {}", threshold_.expression, problem, expected)};
  }
  // About the word where parsing stands.
  [[nodiscard]] Error fail_here(std::string_view expected) const {
    if (at_ >= words_.size()) return fail("it ends too early", expected);
    return fail(fmt::format("'{}' is not understood", words_[at_]), expected);
  }
  [[nodiscard]] std::string_view here() const { return at_ < words_.size() ? std::string_view(words_[at_]) : ""; }
  bool take(std::string_view word) {
    if (here() != word) return false;
    ++at_;
    return true;
  }

  Result<void> metric() {
    const auto found =
        std::find_if(kMetrics.begin(), kMetrics.end(), [this](const auto& m) { return m.name == here(); });
    if (found == kMetrics.end()) return fail_here(kMetricList);
    threshold_.metric = found->metric;
    if (found->metric == ThresholdMetric::mail_delivery && threshold_.selector != "all") {
      return fail("mail_delivery is measured for the run as a whole", "'all: mail_delivery ...'");
    }
    ++at_;
    if (found->metric != ThresholdMetric::phase) return {};
    const auto phase = std::find(kPhaseNames.begin(), kPhaseNames.end(), here());
    if (phase == kPhaseNames.end()) return fail_here("a phase: dns, connect, tls, send, wait or receive");
    threshold_.phase = static_cast<Phase>(phase - kPhaseNames.begin());
    ++at_;
    return {};
  }

  Result<void> aggregate() {
    if (!threshold_.is_latency()) return {};
    if (take("mean")) {
      threshold_.aggregate = Aggregate::mean;
    } else if (take("min")) {
      threshold_.aggregate = Aggregate::min;
    } else if (take("max")) {
      threshold_.aggregate = Aggregate::max;
    } else if (const auto quantile = quantile_of(here())) {
      threshold_.aggregate = Aggregate::percentile;
      threshold_.quantile = *quantile;
      ++at_;
    } else {
      return fail_here("a percentile such as p50, p95, p99 or p999, or mean, min or max");
    }
    return {};
  }

  Result<void> comparison() {
    const auto found =
        std::find_if(kComparisons.begin(), kComparisons.end(), [this](const auto& c) { return c.name == here(); });
    if (found == kComparisons.end()) return fail_here("<, <=, >, >=, == or !=");
    threshold_.comparison = found->comparison;
    ++at_;
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
    ++at_;
    return {};
  }

  // The modifiers, each at most once, in any order.
  Result<void> rest() {
    constexpr std::string_view kModifiers = "'over last D', 'after D', 'min N', 'abort' or 'allow no data'";
    while (at_ < words_.size()) {
      const std::string word(here());
      if (std::find(given_.begin(), given_.end(), word) != given_.end()) {
        return fail(fmt::format("'{}' stands there twice", word), "it once");
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
    ++at_;
    return {};
  }

  Result<void> warm_up() {
    const auto after = parse_duration(here());
    if (!after) return fail_here("a duration such as 30s");
    threshold_.after = *after;
    ++at_;
    return {};
  }

  Result<void> minimum() {
    const auto count = count_of(here());
    if (!count || *count == 0) return fail_here("a whole number of samples above 0");
    threshold_.min_samples = *count;
    ++at_;
    return {};
  }

  Threshold threshold_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  std::vector<std::string> given_;
};

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  if (text.size() > 1000) return Error{"a threshold of more than 1000 characters is refused"};
  return Parser(text).parse();
}

}  // namespace gelombang
