#include "reports/first_failures.hpp"

#include "base/units.hpp"
#include "metrics/history/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gelombang {

void FirstFailures::add(Duration offset, const Evidence& evidence) {
  const std::pair of_class(evidence.step, evidence.sample.error);
  const auto [kind, fresh] =
      kinds_.try_emplace({of_class.first, of_class.second, std::string(particulars(evidence))}, 0);
  std::size_t& place = kind->second;
  if (fresh && kept_.size() < most_ && of_class_[of_class] < kMostOfClass) {
    ++of_class_[of_class];
    kept_.push_back({offset, evidence});
    place = kept_.size();
  } else if (place != 0 && offset < kept_[place - 1].offset) {
    // Workers are read one after the other, so an earlier failure may come later.
    kept_[place - 1] = {offset, evidence};
  }
}

FirstFailureList FirstFailures::list(WallTime started_at) const {
  FirstFailureList result;
  for (const Kept& kept : kept_) {
    const Catalog::Step& step = layout_->catalog.steps[kept.evidence.step];
    result.shown.push_back(
        {layout_->catalog.journeys[step.journey], step.name, kept.offset, started_at + kept.offset, kept.evidence});
  }
  std::stable_sort(result.shown.begin(), result.shown.end(),
                   [](const FirstFailure& a, const FirstFailure& b) { return a.offset < b.offset; });
  result.further = kinds_.size() - kept_.size();
  return result;
}

Result<FirstFailureList> read_first_failures(HistoryReader& history, const RunRecord& run, std::size_t most) {
  FirstFailures failures(run.layout, most);
  const auto read = history.evidence(run, [&failures](const EvidenceRecord& one) {
    Evidence evidence;
    evidence.step = one.step;
    evidence.tries = one.tries;
    evidence.sample = one.sample;
    evidence.method = one.method;
    evidence.url = one.url;
    evidence.headers = one.headers;
    evidence.body = one.body;
    evidence.detail = one.detail;
    failures.add(one.offset, evidence);
  });
  if (!read) return read.error();
  return failures.list(run.started_at);
}

std::string_view particulars(const Evidence& evidence) {
  const std::string_view known = info(evidence.sample.error).text;
  return std::string_view(evidence.detail).substr(0, known.size()) == known ? std::string_view() : evidence.detail;
}

std::string_view words_beyond_class(const Evidence& evidence) {
  const std::string_view known = info(evidence.sample.error).text;
  std::string_view words = evidence.detail;
  if (!words.starts_with(known)) return words;
  words.remove_prefix(known.size());
  if (words.starts_with(" (") && words.ends_with(")")) return words.substr(2, words.size() - 3);
  return words.substr(std::min(words.find_first_not_of(": "), words.size()));
}

std::string phases_text(const RequestSample& sample) {
  if (sample.service_time == Duration::zero()) return {};
  std::string text = "in " + format_duration(sample.service_time);
  std::string_view before = ": ";
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    if (sample.phases[i] == RequestSample::kNotReached || sample.phases[i] == Duration::zero()) continue;
    text += fmt::format("{}{} {}", before, kPhaseNames[i], format_duration(sample.phases[i]));
    before = ", ";
  }
  return text;
}

}  // namespace gelombang
