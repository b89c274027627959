#include "probes/mail/poller.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace gelombang {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kFirstPause = milliseconds(250);
constexpr Duration kLongestPause = seconds(30);
// Servers lock accounts after a few wrong passwords.
constexpr Duration kFirstPauseAfterRefusal = seconds(5);
constexpr Duration kLongestPauseAfterRefusal = seconds(60);

// A look begins one interval after the look before it. Only a look that is twice as late is a sign of slowness.
MailRouter::Limits limits_for(Duration interval) {
  MailRouter::Limits limits;
  limits.fresh_for = std::min(limits.fresh_for, 2 * interval);
  return limits;
}

}  // namespace

MailPoller::MailPoller(std::unique_ptr<MailSource> source, const Clock& clock, Duration interval,
                       std::string own_address)
    : source_(std::move(source)),
      clock_(clock),
      interval_(interval),
      own_address_(std::move(own_address)),
      router_(limits_for(interval)) {}

Duration MailPoller::step() {
  if (clock_.now() >= next_look_) look();
  const TimePoint now = clock_.now();
  {
    const std::scoped_lock lock(mutex_);
    router_.tick(now);
  }
  hand_out();
  // Deadlines pass while nobody looks, so a long pause is cut into poll intervals.
  return std::clamp(next_look_ - now, Duration::zero(), interval_);
}

void MailPoller::look() {
  take_look();
  looked_ = true;
}

void MailPoller::take_look() {
  const TimePoint began = clock_.now();
  const auto [fault, whole] = source_->look([this](const RawMail& raw) {
    if (raw.unreadable != ErrorClass::none) {
      const std::scoped_lock lock(mutex_);
      router_.missed(raw.seen_at, raw.unreadable);
      return;
    }
    MailArrival mail{raw.folder, raw.seen_at, parse_mail(raw.bytes, own_address_)};
    {
      const std::scoped_lock lock(mutex_);
      router_.arrive(std::move(mail));
    }
    hand_out();
  });
  const TimePoint ended = clock_.now();
  const std::scoped_lock lock(mutex_);
  if (!fault && !whole) {
    next_look_ = ended;
    router_.look_unfinished(ended);
    return;
  }
  if (!fault) {
    if (failures_ > 0) spdlog::info("mailbox: it can be read again");
    failures_ = 0;
    // No burst of looks after a slow look, and always a short pause between two.
    next_look_ = std::max(began + interval_, ended + std::min<Duration>(interval_, milliseconds(10)));
    router_.look_ended(began);
    return;
  }
  if (stopping_) return;
  // take() reports a fault of the first look to the caller that opened the mailbox.
  if (++failures_ == 1 && looked_) spdlog::warn("mailbox: {}: {}", info(fault->error).text, fault->detail);
  next_look_ = ended + pause_after(fault->error);
  router_.look_failed(ended, *fault);
}

Duration MailPoller::pause_after(ErrorClass error) const {
  const bool refused = error == ErrorClass::mailbox_auth;
  Duration pause = refused ? kFirstPauseAfterRefusal : kFirstPause;
  const Duration longest = refused ? kLongestPauseAfterRefusal : kLongestPause;
  for (int i = 1; i < failures_ && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest);
}

void MailPoller::hand_out() {
  std::vector<MailRouter::Completion> completions;
  {
    const std::scoped_lock lock(mutex_);
    completions = router_.take_completions();
  }
  for (MailRouter::Completion& completion : completions) {
    if (completion.done) completion.done(std::move(completion.outcome));
  }
}

Mailbox::ExpectationId MailPoller::expect(MailExpectation expectation, Mailbox::Done done, bool& decided) {
  const std::scoped_lock lock(mutex_);
  const Mailbox::ExpectationId id = router_.expect(std::move(expectation), std::move(done));
  decided = router_.has_completions();
  return id;
}

void MailPoller::cancel(Mailbox::ExpectationId id) {
  {
    const std::scoped_lock lock(mutex_);
    router_.tick(clock_.now());
    router_.cancel(id);
  }
  hand_out();
}

Mailbox::Tally MailPoller::take() {
  Mailbox::Tally tally;
  {
    const std::scoped_lock lock(mutex_);
    router_.tick(clock_.now());
    tally = router_.take();
  }
  hand_out();
  return tally;
}

Mailbox::Tally MailPoller::finish() {
  Mailbox::Tally tally;
  {
    const std::scoped_lock lock(mutex_);
    router_.tick(clock_.now());
    router_.finish();
    tally = router_.take();
  }
  hand_out();
  return tally;
}

}  // namespace gelombang
