#include "metrics/sampled_details.hpp"

#include "base/random.hpp"
#include "metrics/snapshot.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace gelombang {
namespace {

std::uint64_t kind_of(StepId step, ErrorClass error) {
  return std::uint64_t{step} * kErrorClassCount + static_cast<std::uint64_t>(error);
}

// If two texts have the same hash, one of them is not kept: there is no other effect.
std::uint64_t said_of(StepId step, ErrorClass error, std::string_view says) {
  return mix64(kind_of(step, error) ^ std::hash<std::string_view>()(says));
}

constexpr std::uint64_t kFurtherFirsts = 20;  // of a step and class that has no room left

}  // namespace

void SampledDetails::merge(SampledDetails&& other) {
  attempts.insert(attempts.end(), other.attempts.begin(), other.attempts.end());
  evidence.insert(evidence.end(), std::make_move_iterator(other.evidence.begin()),
                  std::make_move_iterator(other.evidence.end()));
  dimensions.merge(other.dimensions);
}

void SampledDetails::clear() {
  attempts.clear();
  evidence.clear();
  dimensions.clear();
}

double Reservoir::uniform() {
  state_ = mix64(state_ + 0x9E3779B97F4A7C15ULL);
  return (static_cast<double>(state_ >> 11U) + 0.5) * 0x1p-53;
}

std::uint64_t Reservoir::choose() {
  if (seen_ <= size_) {
    const std::uint64_t slot = seen_ - 1;
    if (seen_ < size_) return slot;
    w_ = std::exp(std::log(uniform()) / static_cast<double>(size_));
    next_ = seen_ + 1 + static_cast<std::uint64_t>(std::log(uniform()) / std::log1p(-w_));
    return slot;
  }
  if (size_ == 0) return kPassed;
  const auto slot = std::min(size_ - 1, static_cast<std::uint64_t>(uniform() * static_cast<double>(size_)));
  w_ *= std::exp(std::log(uniform()) / static_cast<double>(size_));
  next_ = seen_ + 1 + static_cast<std::uint64_t>(std::log(uniform()) / std::log1p(-w_));
  return slot;
}

DetailSampler::DetailSampler(std::shared_ptr<const MetricsLayout> layout, const DetailLimits& limits)
    : layout_(std::move(layout)),
      limits_(limits),
      reservoir_(limits.attempts, mix64(limits.first_slot + 1)),
      current_(layout_->boundaries) {}

void DetailSampler::request(StepId step, const RequestSample& sample, const RequestFacts& facts) {
  if (const std::uint64_t slot = reservoir_.next(); slot != Reservoir::kPassed) {
    keep({limits_.first_slot + slot, step, facts.tries, sample}, slot);
  }
  const CountedResult result = counted_result(sample.outcome, sample.error);
  // Neither result says anything about the destination.
  if (result == CountedResult::own_fault || result == CountedResult::interrupted) return;
  const auto count = [&](DimensionCell* cell) {
    if (cell == nullptr) return;
    ++cell->count;
    if (result == CountedResult::success) {
      cell->time.record(sample.service_time);
    } else {
      ++cell->failures;
    }
  };
  Dimensions& dimensions = current_.dimensions;
  count(dimensions.cell(sample.remote));
  count(dimensions.cell(Dimension::request_size, request_size_name(sample.bytes_sent)));
  count(dimensions.cell(Dimension::attempt, attempt_name(facts.tries)));
  count(dimensions.cell(Dimension::back_end, facts.back_end));
  if (facts.network) count(dimensions.cell(Dimension::network, layout_->catalog.networks[*facts.network]));
}

// Several attempts may get one slot between two takes. Then only the newest is kept.
void DetailSampler::keep(const Attempt& attempt, std::uint64_t slot) {
  if (places_.size() <= slot) places_.resize(slot + 1);
  std::size_t& place = places_[slot];
  if (place != 0) {
    current_.attempts[place - 1] = attempt;
    return;
  }
  current_.attempts.push_back(attempt);
  place = current_.attempts.size();
}

void DetailSampler::mail(const MailSample& sample) {
  DimensionCell* const cell = current_.dimensions.cell(Dimension::mail_domain, sample.domain);
  if (cell == nullptr) return;
  ++cell->count;
  if (sample.result == MailResult::lost) ++cell->failures;
  const bool came = sample.result == MailResult::in_time || sample.result == MailResult::late;
  if (came && !sample.at_least) cell->time.record(sample.delay);
}

bool DetailSampler::wants_evidence(StepId step, ErrorClass error, std::string_view says) const {
  if (kept_ >= limits_.evidence) return false;
  const auto kind = kinds_.find(kind_of(step, error));
  if (kind == kinds_.end() || kind->second < limits_.evidence_of_kind) return true;
  return kind->second < limits_.evidence_of_kind + kFurtherFirsts && !said_.contains(said_of(step, error, says));
}

void DetailSampler::evidence(Evidence evidence, std::string_view says) {
  ++kept_;
  ++kinds_[kind_of(evidence.step, evidence.sample.error)];
  said_.insert(said_of(evidence.step, evidence.sample.error, says));
  current_.evidence.push_back(std::move(evidence));
}

void DetailSampler::take(SampledDetails& into) {
  into.merge(std::exchange(current_, SampledDetails(layout_->boundaries)));
  std::fill(places_.begin(), places_.end(), 0);
}

}  // namespace gelombang
