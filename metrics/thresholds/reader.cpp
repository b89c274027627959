#include "metrics/thresholds/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace gelombang {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_operator(char c) { return c == '<' || c == '>' || c == '=' || c == '!'; }

// Splits into words and runs of operator characters, which need no blanks around them.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < text.size()) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    const bool operators = is_operator(text[i]);
    while (i < text.size() && !is_space(text[i]) && is_operator(text[i]) == operators) ++i;
    words.emplace_back(text.substr(start, i - start));
  }
  return words;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

constexpr std::string_view kMetricList =
    "response_time, service_time, phase, mail_delivery, person_time, error_rate, served_rate, count or rate";

// One or two digits are percent (p5, p95). Of three or more digits the first two are: p999 is 99.9 %, like p99.9.
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
    // Nobody would read p125 as 12.5 %.
    if (whole.size() > 2 && whole.front() != '9') return std::nullopt;
    std::from_chars(whole.data(), whole.data() + whole.size(), percent, std::chars_format::fixed);
    for (std::size_t i = 2; i < whole.size(); ++i) percent /= 10;
  }
  if (!(percent > 0 && percent < 100)) return std::nullopt;
  return percent / 100;
}

}  // namespace

ThresholdReader::ThresholdReader(std::string_view kind, std::string_view text) : kind_(kind) {
  threshold_.expression = squeezed(text);
}

Error ThresholdReader::fail(std::string_view problem, std::string_view expected) const {
  return Error{fmt::format("{} '{}': {}: expected {}", kind_, threshold_.expression, problem, expected)};
}

Error ThresholdReader::fail_here(std::string_view expected) const {
  if (at_end()) return fail("it ends too early", expected);
  return fail(fmt::format("'{}' is not understood", words_[at_]), expected);
}

bool ThresholdReader::take(std::string_view word) {
  if (here() != word) return false;
  skip();
  return true;
}

Result<void> ThresholdReader::read(std::string_view form) {
  // The last colon: a step's name may contain a colon, the rest never does.
  const std::size_t colon = threshold_.expression.rfind(':');
  if (colon == std::string::npos) return fail("there is no ':'", form);
  threshold_.selector = squeezed(std::string_view(threshold_.expression).substr(0, colon));
  if (threshold_.selector.empty()) return fail("the name before the ':' is missing", "the name of a step, or 'all'");
  words_ = words_of(std::string_view(threshold_.expression).substr(colon + 1));
  if (auto done = metric(); !done) return done.error();
  return aggregate();
}

Result<void> ThresholdReader::metric() {
  const auto found = std::find(kThresholdMetricNames.begin(), kThresholdMetricNames.end(), here());
  if (found == kThresholdMetricNames.end()) return fail_here(kMetricList);
  threshold_.metric = static_cast<ThresholdMetric>(found - kThresholdMetricNames.begin());
  if (threshold_.metric == ThresholdMetric::mail_delivery && threshold_.selector != "all") {
    return fail("mail_delivery is measured for the run as a whole", "'all: mail_delivery ...'");
  }
  ++at_;
  if (threshold_.metric != ThresholdMetric::phase) return {};
  const auto phase = std::find(kPhaseNames.begin(), kPhaseNames.end(), here());
  if (phase == kPhaseNames.end()) return fail_here("a phase: dns, connect, tls, send, wait or receive");
  threshold_.phase = static_cast<Phase>(phase - kPhaseNames.begin());
  ++at_;
  return {};
}

Result<void> ThresholdReader::aggregate() {
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

}  // namespace gelombang
