#include "engine/people/behaviour.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace gelombang {
namespace {

constexpr double kZ90 = 1.2815515655446004;  // the standard normal's 90th percentile

// The time from the first press to the second: a double click, or a person who sees nothing happen.
constexpr TimeRange kSecondPress{std::chrono::milliseconds(150), std::chrono::milliseconds(1500)};

// Each kind of draw has its own stream.
RandomStream stream(std::uint64_t seed, std::uint64_t index, std::uint64_t what) noexcept {
  return {mix64(seed) + what, RandomPurpose::behaviour, index};
}

std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace

double Spread::draw(RandomStream& random) const noexcept {
  return std::exp(std::log(median) + std::log(p90 / median) / kZ90 * random.normal());
}

Duration TimeRange::draw(RandomStream& random) const noexcept {
  return from_seconds(to_seconds(least) + to_seconds(most - least) * random.uniform());
}

PersonTraits::PersonTraits(const Behaviour* behaviour, std::uint64_t seed, std::uint64_t index)
    : behaviour_(behaviour),
      seed_(seed),
      index_(index),
      patience_(stream(seed, index, 1)),
      reloads_(stream(seed, index, 2)),
      retries_(stream(seed, index, 3)),
      presses_(stream(seed, index, 4)) {
  if (behaviour_ == nullptr) return;
  attempts_most_ = std::numeric_limits<std::uint64_t>::max();
  if (behaviour_->attempts) {
    RandomStream limit = stream(seed, index, 5);
    attempts_most_ = static_cast<std::uint64_t>(std::clamp(std::round(behaviour_->attempts->draw(limit)), 1.0, 1e9));
  }
  begin_burst();
}

std::optional<Duration> PersonTraits::patience() {
  if (behaviour_ == nullptr || !behaviour_->patience) return std::nullopt;
  return from_seconds(behaviour_->patience->draw(patience_));
}

std::optional<Duration> PersonTraits::second_press() {
  if (behaviour_ == nullptr || behaviour_->double_submit <= 0) return std::nullopt;
  const bool twice = presses_.uniform() < behaviour_->double_submit;
  const Duration after = kSecondPress.draw(presses_);
  return twice ? std::optional(after) : std::nullopt;
}

void PersonTraits::begin_burst() {
  burst_tries_ = 0;
  burst_ =
      behaviour_->burst_least +
      static_cast<std::uint32_t>(retries_.below(std::uint64_t{behaviour_->burst_most} - behaviour_->burst_least + 1));
}

NextTry PersonTraits::pause() {
  begin_burst();
  double point = retries_.uniform();
  for (const Behaviour::Pause& pause : behaviour_->pauses) {
    point -= pause.share;
    if (point < 0) return {NextTry::Kind::after_pause, pause.length.draw(retries_)};
  }
  return {};
}

NextTry PersonTraits::after_failure(StepId step, ErrorClass error) {
  if (behaviour_ == nullptr || !worth_another_try(error)) return {};
  // If the journey begins again, failures on the way count as tries at the step that failed first.
  if (!failing_) failing_ = step;
  ++burst_tries_;
  if (++attempts_ >= attempts_most_) return {};
  if (burst_tries_ >= burst_) return pause();
  if (error != ErrorClass::abandoned) return {NextTry::Kind::soon, behaviour_->gap.draw(retries_)};
  if (reloads_.uniform() < behaviour_->reload) return {NextTry::Kind::soon, Duration::zero()};
  return pause();
}

void PersonTraits::succeeded(StepId step) noexcept {
  if (!failing_ || *failing_ != step) return;
  failing_.reset();
  attempts_ = 0;
  begin_burst();
}

double PersonTraits::trait(std::string_view name) const noexcept {
  return stream(seed_, index_, hash_of(name)).uniform();
}

bool worth_another_try(ErrorClass error) noexcept {
  const ErrorClassInfo& row = info(error);
  return (row.side == ErrorSide::target || row.side == ErrorSide::person) && row.layer != ErrorLayer::mail;
}

}  // namespace gelombang
