#include "engine/worker.hpp"

#include "engine/scenario/preflight.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace gelombang {

Worker::Worker(const UserHost::Dependencies& dependencies, SharedCounters& counters, Share share)
    : shared_(dependencies),
      counters_(counters),
      share_(share),
      host_(dependencies, share,
            {.finished = [this](VirtualUser& user, const PersonSample&) { on_user_finished(user); },
             .after_turn =
                 [this] {
                   if (next_look_ != TimePoint::max() && shared_.clock.now() >= next_look_) on_pacing();
                 },
             .failed = [this] { end_arrivals(); }}),
      most_users_(std::min(dependencies.plan.max_users, users_within(dependencies.plan.max_connections))),
      pacing_timer_(host_.io()) {}

Worker::~Worker() {
  if (!host_.running()) return;
  interrupt();
  host_.join();
}

void Worker::start(TimePoint epoch) {
  const Load& load = shared_.plan.load;
  end_ = epoch + load.length();
  host_.set_last_try(end_);
  pacing_timer_.expires_at(epoch);
  if (load.open()) {
    pacer_.emplace(ArrivalSchedule(load, shared_.plan.settings.seed, share_), epoch, shared_.plan.catch_up);
    pacing_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) on_pacing();
    });
  } else {
    pacing_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) start_closed_users();
    });
  }
  host_.start(epoch);
}

void Worker::end_arrivals() {
  if (!std::exchange(arrivals_over_, true)) drop_backlog();
  pacing_timer_.cancel();
}

void Worker::stop_arrivals() {
  host_.post([this] {
    end_arrivals();
    host_.set_last_try(std::min(host_.last_try(), shared_.clock.now()));
    host_.stop_retrying();
    check_finished();
  });
}

void Worker::interrupt() {
  host_.post([this] {
    // After an earlier stop no arrival is due any more, so none is dropped twice.
    end_arrivals();
    host_.interrupt_users();
    check_finished();
  });
}

void Worker::check_finished() {
  if (arrivals_over_ && host_.busy_users() == 0) host_.stop();
}

// Open loads ----------------------------------------------------------------------------------------

void Worker::on_pacing() {
  next_look_ = TimePoint::max();
  if (arrivals_over_) return;
  // The clock is read once. Otherwise a growing backlog would keep answers waiting.
  const TimePoint now = shared_.clock.now();
  for (std::optional<Arrival> arrival; !arrivals_over_ && (arrival = pacer_->due(now));) {
    if (pacer_->skips(*arrival, now)) {
      drop(*arrival, DropReason::generator_stall);
    } else {
      start_arrival(*arrival);
    }
  }
  host_.own_health().late_arrivals.store(pacer_->late(), std::memory_order_relaxed);
  if (!arrivals_over_) await_arrival();
}

void Worker::await_arrival() {
  const std::optional<TimePoint> next = pacer_->next_deadline();
  if (!next && shared_.clock.now() >= end_) {
    arrivals_over_ = true;
    return check_finished();
  }
  // Without a next arrival, wait for the end of the load: until then it may be steered. A paused load has no end.
  const TimePoint until = next.value_or(end_);
  next_look_ = until;
  if (until == TimePoint::max()) {
    pacing_timer_.cancel();
    return;
  }
  pacing_timer_.expires_at(until);
  pacing_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_pacing();
  });
}

void Worker::steer(const Steering& change) {
  host_.post([this, change] {
    if (arrivals_over_ || !pacer_) return;
    pacer_->steer(change);
    end_ = pacer_->end();
    host_.set_last_try(end_);
    await_arrival();
  });
}

void Worker::start_arrival(const Arrival& arrival) {
  VirtualUser* user = nullptr;
  DropReason reason =
      most_users_ < shared_.plan.max_users ? DropReason::generator_descriptors : DropReason::users_exhausted;
  try {
    user = take_user();
  } catch (const std::bad_alloc&) {
    reason = DropReason::generator_memory;
  }
  if (user == nullptr) return drop(arrival, reason);
  begin(*user, arrival.index, pacer_->epoch() + arrival.offset);
}

void Worker::drop(const Arrival& arrival, DropReason reason) {
  host_.recorder().iteration_dropped(shared_.scenario.journey_of(shared_.plan.settings.seed, arrival.index), reason);
}

// Arrivals that were due before a stop but not started count as dropped. If the stop comes before the end of the load,
// those of the last kStall do not count at all: they were neither started nor planned.
void Worker::drop_backlog() {
  if (!pacer_) return;
  const TimePoint now = shared_.clock.now();
  const TimePoint until = now >= end_ ? end_ : now - Pacer::kStall;
  while (const auto arrival = pacer_->intended_before(until)) drop(*arrival, DropReason::generator_stall);
}

VirtualUser* Worker::take_user() {
  // The limit applies to the whole process, so a worker may use what other workers leave.
  if (!counters_.places.take(most_users_)) return nullptr;
  if (free_users_.empty()) {
    try {
      free_users_.push_back(&host_.add_user());
    } catch (...) {
      counters_.places.give_back();
      throw;
    }
  }
  VirtualUser* user = free_users_.back();
  free_users_.pop_back();
  return user;
}

void Worker::begin(VirtualUser& user, std::uint64_t index, TimePoint intended) {
  if (host_.begin(user, index, intended)) return;
  counters_.feed_ran_dry = true;
  counters_.places.give_back();
  if (pacer_) free_users_.push_back(&user);
  arrivals_over_ = true;
  drop_backlog();
  check_finished();
}

void Worker::on_user_finished(VirtualUser& user) {
  counters_.places.give_back();
  if (pacer_) {
    free_users_.push_back(&user);
  } else if (!arrivals_over_) {
    // Posted to the event loop, because this function may be called from inside begin().
    boost::asio::post(host_.io(), [this, &user] { next_closed_iteration(user); });
    return;
  }
  check_finished();
}

// Closed loads --------------------------------------------------------------------------------------

void Worker::start_closed_users() {
  for (std::uint64_t number = 0; number < shared_.plan.load.users; ++number) {
    if (!share_.owns(number)) continue;
    host_.add_user().place = number;
  }
  closed_users_left_ = host_.users().size();
  for (const auto& user : host_.users()) next_closed_iteration(*user);
  if (closed_users_left_ == 0) arrivals_over_ = true;
  check_finished();
}

std::uint64_t Worker::closed_index(const VirtualUser& user) const noexcept {
  return user.rounds * shared_.plan.load.users + user.place;
}

void Worker::next_closed_iteration(VirtualUser& user) {
  const Load& load = shared_.plan.load;
  const TimePoint now = shared_.clock.now();
  const std::uint64_t index = closed_index(user);
  const bool done = arrivals_over_ || now >= end_ || (load.kind == LoadKind::iterations && index >= load.iterations);
  if (done) {
    if (--closed_users_left_ == 0) arrivals_over_ = true;
    check_finished();
    return;
  }
  ++user.rounds;
  counters_.places.take(std::numeric_limits<std::uint64_t>::max());  // no limit: the load says how many
  begin(user, index, now);
}

}  // namespace gelombang
