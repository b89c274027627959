#include "engine/user_host.hpp"

#include "base/log.hpp"
#include "engine/people/photo_store.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
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

// Divides what a run keeps into equal parts.
DetailLimits detail_limits(const Share& share) {
  constexpr std::uint64_t kAttempts = 5'000;
  constexpr std::uint64_t kEvidence = 2'000;
  constexpr std::uint64_t kEvidenceOfKind = 100;
  const auto part = [&share](std::uint64_t all) { return std::max<std::uint64_t>(1, all / share.workers); };
  return {part(kAttempts), share.worker * part(kAttempts), part(kEvidence), part(kEvidenceOfKind)};
}

}  // namespace

UserHost::UserHost(const Dependencies& dependencies, const Share& share, Owner owner)
    : shared_(dependencies),
      owner_(std::move(owner)),
      io_(1),
      recorder_(dependencies.layout),
      vm_(dependencies.plan.settings, dependencies.photos),
      beat_timer_(io_) {
  if (shared_.plan.keep_details) recorder_.keep_details(detail_limits(share));
  HttpClient::Options options = http_options(shared_.plan, share);
  options.after_turn = owner_.after_turn;
  options.on_first_status = [this] { shared_.counters.target_answered = true; };
  http_ = std::make_unique<HttpClient>(io_, shared_.clock, shared_.guard, std::move(options));
  context_ = std::make_unique<UserContext>(
      UserContext{shared_.scenario, shared_.plan.settings, shared_.clock, io_, vm_, *http_, recorder_, shared_.mail,
                  [this](VirtualUser& user, const PersonSample& ended) { on_user_finished(user, ended); },
                  [this](Activity from, Activity to) {
                    shared_.counters.users[index_of(from)].fetch_sub(1, std::memory_order_relaxed);
                    shared_.counters.users[index_of(to)].fetch_add(1, std::memory_order_relaxed);
                  }});
}

UserHost::~UserHost() {
  join();
  http_->end_transfers();  // a failed event loop may have left some under way
  users_.clear();          // before the client and the Lua state that they use
}

Result<void> UserHost::prepare() {
  const auto loaded = vm_.load(shared_.plan.scenario_path);
  if (!loaded) return loaded.error();
  return {};
}

// The thread ----------------------------------------------------------------------------------------

void UserHost::start(TimePoint epoch) {
  stall_detector_.start(epoch);
  await_beat();
  thread_ = std::thread([this] { run(); });
}

void UserHost::await_beat() {
  beat_timer_.expires_at(stall_detector_.due());
  beat_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    stall_detector_.beat(shared_.clock.now());
    await_beat();
  });
}

void UserHost::post(std::function<void()> work) { boost::asio::post(io_, std::move(work)); }

void UserHost::run() {
  const auto work = boost::asio::make_work_guard(io_);
  try {
    io_.run();
  } catch (const std::exception& fault) {
    // Most likely memory ran out. What was recorded stays, and the run is invalid.
    spdlog::error("a worker stopped: {}", fault.what());
    shared_.counters.host_failed = true;
    end_after_fault();
  }
  // If a stall lasted to the end, its late beat never came, so the stall is counted here.
  if (const TimePoint now = shared_.clock.now(); now > stall_detector_.due()) stall_detector_.beat(now);
  finished_ = true;
}

// Interrupts the running iterations and records them, as far as possible. A user whose answer was lost in the fault
// cannot end.
void UserHost::end_after_fault() {
  constexpr Duration kLastWords = std::chrono::milliseconds(200);
  try {
    owner_.failed();
    interrupt_users();
    if (busy_users_ == 0) return;
    io_.restart();
    io_.run_for(kLastWords);
  } catch (const std::exception& fault) {
    spdlog::error("the running iterations of a stopped worker are lost: {}", fault.what());
  }
}

void UserHost::join() {
  if (thread_.joinable()) thread_.join();
}

void UserHost::stop() { io_.stop(); }

// Users ---------------------------------------------------------------------------------------------

VirtualUser& UserHost::add_user() {
  users_.push_back(std::make_unique<VirtualUser>(*context_));
  shared_.counters.users[index_of(Activity::idle)].fetch_add(1, std::memory_order_relaxed);
  return *users_.back();
}

bool UserHost::begin(VirtualUser& user, std::uint64_t index, TimePoint intended) {
  const std::uint64_t seed = shared_.plan.settings.seed;
  const JourneyId journey = shared_.scenario.journey_of(seed, index);
  Fields person;
  if (const Feed* feed = shared_.scenario.feed_of(journey)) {
    const auto row = feed->row(seed, index);
    if (!row) return false;
    person = fields_of(*feed, *row);
  }
  ++busy_users_;
  recorder_.iteration_started(journey, std::max(Duration::zero(), shared_.clock.now() - intended));
  const SessionReplay* sessions = shared_.plan.load.sessions ? &*shared_.plan.load.sessions : nullptr;
  user.begin(Iteration{index, journey, intended, sessions}, person);
  return true;
}

void UserHost::on_user_finished(VirtualUser& user, const PersonSample& ended) {
  --busy_users_;
  const TimePoint before = shared_.clock.now();
  vm_.collect_garbage();
  health_.add_gc_pause(shared_.clock.now() - before);
  owner_.finished(user, ended);
}

void UserHost::stop_retrying() {
  for (const auto& user : users_) user->stop_retrying();
}

void UserHost::interrupt_users() {
  for (const auto& user : users_) user->interrupt();
}

}  // namespace gelombang
