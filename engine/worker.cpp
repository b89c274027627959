#include "engine/worker.hpp"

#include "base/log.hpp"
#include "engine/people/photo_store.hpp"
#include "engine/scenario/preflight.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <utility>

namespace gelombang {
namespace {

HttpClient::Options http_options(const RunPlan& plan, const Share& share) {
  HttpClient::Options options;
  options.user_agent = plan.user_agent;
  options.verify_certificates = plan.verify_certificates;
  options.ca_file = plan.ca_file;
  options.max_connections = plan.max_connections;
  options.trace_seed = plan.settings.seed + (share.segment.index * 1000 + share.worker) * 0x9E3779B97F4A7C15ULL;
  options.resolve = plan.resolve;
  return options;
}

std::size_t index_of(Activity activity) noexcept {
  switch (activity) {
    case Activity::idle: return static_cast<std::size_t>(UserState::idle);
    case Activity::requesting: return static_cast<std::size_t>(UserState::requesting);
    case Activity::pausing:
    case Activity::waiting_for_mail: break;
    case Activity::retrying: return static_cast<std::size_t>(UserState::retrying);
  }
  return static_cast<std::size_t>(UserState::pausing);
}

// What a run keeps, in equal parts.
TraceLimits trace_limits(const Share& share) {
  constexpr std::uint64_t kAttempts = 5'000;
  constexpr std::uint64_t kEvidence = 2'000;
  constexpr std::uint64_t kEvidenceOfKind = 100;
  const auto part = [&share](std::uint64_t all) { return std::max<std::uint64_t>(1, all / share.workers); };
  return {part(kAttempts), share.worker * part(kAttempts), part(kEvidence), part(kEvidenceOfKind)};
}

}  // namespace

Worker::Worker(const WorkerDependencies& dependencies, Share share)
    : shared_(dependencies),
      share_(share),
      io_(1),
      recorder_(dependencies.layout),
      vm_(dependencies.plan.settings, dependencies.photos),
      most_users_(std::min(dependencies.plan.max_users, users_within(dependencies.plan.max_connections))),
      watch_timer_(io_),
      pacing_timer_(io_) {
  if (shared_.plan.keep_traces) recorder_.keep_traces(trace_limits(share_));
  HttpClient::Options options = http_options(shared_.plan, share_);
  options.after_turn = [this] {
    if (next_look_ != TimePoint::max() && shared_.clock.now() >= next_look_) on_pacing();
  };
  options.on_first_status = [this] { shared_.counters.target_answered = true; };
  http_ = std::make_unique<HttpClient>(io_, shared_.clock, shared_.guard, std::move(options));
  context_ = std::make_unique<UserContext>(
      UserContext{shared_.scenario, shared_.plan.settings, shared_.clock, io_, vm_, *http_, recorder_, shared_.mail,
                  [this](VirtualUser& user, const PersonSample&) { on_user_finished(user); },
                  [this](Activity from, Activity to) {
                    shared_.counters.users[index_of(from)].fetch_sub(1, std::memory_order_relaxed);
                    shared_.counters.users[index_of(to)].fetch_add(1, std::memory_order_relaxed);
                  }});
}

Worker::~Worker() {
  if (thread_.joinable()) {
    interrupt();
    thread_.join();
  }
  http_->end_transfers();  // a loop that failed has left them under way
  users_.clear();          // before the client and the Lua state that they use
}

Result<void> Worker::prepare() {
  const auto loaded = vm_.load(shared_.plan.scenario_path);
  if (loaded.has_error()) return loaded.error();
  return {};
}

void Worker::start(TimePoint epoch) {
  const Load& load = shared_.plan.load;
  end_ = epoch + load.length();
  context_->last_try = end_;
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
  loop_watch_.start(epoch);
  watch();
  thread_ = std::thread([this] { run(); });
}

void Worker::watch() {
  watch_timer_.expires_at(loop_watch_.due());
  watch_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    loop_watch_.beat(shared_.clock.now());
    watch();
  });
}

void Worker::post(std::function<void()> work) { boost::asio::post(io_, std::move(work)); }

void Worker::run() {
  const auto work = boost::asio::make_work_guard(io_);
  try {
    io_.run();
  } catch (const std::exception& fault) {
    // Memory, most likely. What was recorded stays; the run is invalid.
    spdlog::error("a worker stopped: {}", fault.what());
    shared_.counters.worker_failed = true;
    give_up();
  }
  // A stall that lasted to the end would have been told by the beat that never came.
  if (const TimePoint now = shared_.clock.now(); now > loop_watch_.due()) loop_watch_.beat(now);
  finished_ = true;
}

// Ends what is under way and records it, as far as that can still be done: the fault may have cost a user its answer.
void Worker::give_up() {
  constexpr Duration kLastWords = std::chrono::milliseconds(200);
  try {
    if (!std::exchange(arrivals_over_, true)) drop_backlog();
    pacing_timer_.cancel();
    for (const auto& user : users_) user->interrupt();
    if (busy_users_ == 0) return;
    io_.restart();
    io_.run_for(kLastWords);
  } catch (const std::exception& fault) {
    spdlog::error("what was under way in a worker that stopped is lost: {}", fault.what());
  }
}

void Worker::stop_arrivals() {
  boost::asio::post(io_, [this] {
    if (!std::exchange(arrivals_over_, true)) drop_backlog();
    pacing_timer_.cancel();
    context_->last_try = std::min(context_->last_try, shared_.clock.now());
    for (const auto& user : users_) user->stop_retrying();
    check_finished();
  });
}

void Worker::interrupt() {
  boost::asio::post(io_, [this] {
    // What was due after an earlier stop was not ours to start.
    if (!std::exchange(arrivals_over_, true)) drop_backlog();
    pacing_timer_.cancel();
    for (const auto& user : users_) user->interrupt();
    check_finished();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::check_finished() {
  if (arrivals_over_ && busy_users_ == 0) io_.stop();
}

// Open loads ----------------------------------------------------------------------------------------

void Worker::on_pacing() {
  next_look_ = TimePoint::max();
  if (arrivals_over_) return;
  // One look at the clock: a backlog must not keep the answers waiting for as long as it grows.
  const TimePoint now = shared_.clock.now();
  for (std::optional<Arrival> arrival; !arrivals_over_ && (arrival = pacer_->due(now));) {
    if (pacer_->skips(*arrival, now)) {
      drop(*arrival, DropReason::generator_stall);
    } else {
      start_arrival(*arrival);
    }
  }
  health_.late_arrivals.store(pacer_->late(), std::memory_order_relaxed);
  if (!arrivals_over_) await_arrival();
}

void Worker::await_arrival() {
  const std::optional<TimePoint> next = pacer_->next_deadline();
  if (!next && shared_.clock.now() >= end_) {
    arrivals_over_ = true;
    return check_finished();
  }
  // Without a next arrival the load may be steered until it is over. While it is paused nothing is waited for.
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
  boost::asio::post(io_, [this, change] {
    if (arrivals_over_ || !pacer_) return;
    pacer_->steer(change);
    context_->last_try = end_ = pacer_->end();
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
  recorder_.iteration_dropped(shared_.scenario.journey_of(shared_.plan.settings.seed, arrival.index), reason);
}

// What a stop leaves over of a backlog was planned, and is not forgotten. Before the end of the load the last moments
// are no backlog: what was due then has neither come nor been planned.
void Worker::drop_backlog() {
  if (!pacer_) return;
  const TimePoint now = shared_.clock.now();
  const TimePoint until = now >= end_ ? end_ : now - Pacer::kStall;
  while (const auto arrival = pacer_->intended_before(until)) drop(*arrival, DropReason::generator_stall);
}

VirtualUser* Worker::take_user() {
  // The limit is the whole process's: a worker may use what others leave.
  if (!shared_.counters.places.take(most_users_)) return nullptr;
  if (free_users_.empty()) {
    try {
      free_users_.push_back(&add_user());
    } catch (...) {
      shared_.counters.places.give_back();
      throw;
    }
  }
  VirtualUser* user = free_users_.back();
  free_users_.pop_back();
  ++busy_users_;
  return user;
}

VirtualUser& Worker::add_user() {
  users_.push_back(std::make_unique<VirtualUser>(*context_));
  shared_.counters.users[index_of(Activity::idle)].fetch_add(1, std::memory_order_relaxed);
  return *users_.back();
}

// Returns false, with the user free again, when the feed has run dry.
bool Worker::begin(VirtualUser& user, std::uint64_t index, TimePoint intended) {
  const std::uint64_t seed = shared_.plan.settings.seed;
  const JourneyId journey = shared_.scenario.journey_of(seed, index);
  Fields person;
  if (const Feed* feed = shared_.scenario.feed_of(journey)) {
    const auto row = feed->row(seed, index);
    if (!row) {
      shared_.counters.feed_ran_dry = true;
      --busy_users_;
      shared_.counters.places.give_back();
      if (pacer_) free_users_.push_back(&user);
      arrivals_over_ = true;
      drop_backlog();
      check_finished();
      return false;
    }
    person = fields_of(*feed, *row);
  }
  recorder_.iteration_started(journey, std::max(Duration::zero(), shared_.clock.now() - intended));
  const SessionReplay* sessions = shared_.plan.load.sessions ? &*shared_.plan.load.sessions : nullptr;
  user.begin(Iteration{index, journey, intended, sessions}, person);
  return true;
}

void Worker::on_user_finished(VirtualUser& user) {
  --busy_users_;
  shared_.counters.places.give_back();
  const TimePoint before = shared_.clock.now();
  vm_.collect_garbage();
  health_.add_gc_pause(shared_.clock.now() - before);
  if (pacer_) {
    free_users_.push_back(&user);
  } else if (!arrivals_over_) {
    // From the loop, not from here: this may be called from inside begin().
    boost::asio::post(io_, [this, &user] { next_closed_iteration(user); });
    return;
  }
  check_finished();
}

// Closed loads --------------------------------------------------------------------------------------

void Worker::start_closed_users() {
  for (std::uint64_t number = 0; number < shared_.plan.load.users; ++number) {
    if (!share_.owns(number)) continue;
    add_user().place = number;
  }
  closed_users_left_ = users_.size();
  for (const auto& user : users_) next_closed_iteration(*user);
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
  ++busy_users_;
  shared_.counters.places.take(std::numeric_limits<std::uint64_t>::max());  // as many as the load says
  begin(user, index, now);
}

}  // namespace gelombang
