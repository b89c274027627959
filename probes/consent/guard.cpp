#include "probes/consent/guard.hpp"

#include "probes/consent/address_class.hpp"
#include "probes/consent/document.hpp"
#include "probes/consent/host.hpp"
#include "probes/consent/ledger.hpp"
#include "probes/consent/reader.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

// A consent becomes void if it is not read again within this time after it was due. The time lets several readings time
// out one after the other.
constexpr Duration kRereadGrace = std::chrono::seconds(30);

}  // namespace

class ConsentGuard::Impl {
 public:
  Impl(Options options, const Clock& clock)
      : options_(std::move(options)),
        ledger_({.allow_private_network = options_.allow_private_network,
                 .has_contact = !options_.contact.empty(),
                 .segments = options_.segments,
                 .reread_interval = options_.reread_interval,
                 .grace = kRereadGrace},
                clock),
        clock_(clock),
        thread_([this] { run(); }) {}

  ~Impl() {
    stop_ = true;
    {
      const std::scoped_lock lock(mutex_);
      wake_.notify_all();
    }
    thread_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ConsentLedger& ledger() { return ledger_; }

  GuardVerdict settle(ConsentLedger::Ruling ruling) {
    if (ruling.stop && !withdrawn_.exchange(true) && options_.on_withdrawn) {
      options_.on_withdrawn(ruling.verdict.reason);
    }
    return std::move(ruling.verdict);
  }

  void enqueue(ConsentLedger::Origin origin, std::function<void()> ready) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back({std::move(origin), std::move(ready)});
    wake_.notify_all();
  }

 private:
  struct Preparation {
    ConsentLedger::Origin origin;
    std::function<void()> ready;
  };

  void run() {
    // The main thread handles Ctrl-C, and a TLS peer that has gone must not raise SIGPIPE here.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (!stop_) {
      if (const auto preparation = next_preparation()) {
        const ConsentLedger::Origin& origin = preparation->origin;
        if (!origin.host.empty() && ledger_.needs_opening(origin.host, origin.port)) open(origin);
        if (!stop_) preparation->ready();
      }
      for (const ConsentLedger::Due& due : ledger_.due()) {
        if (stop_) return;
        auto reading = read(due.origin, due.address);
        if (stop_) return;
        settle(ledger_.reread(due.origin, std::move(reading)));
      }
    }
  }

  // Waits for a preparation, at most until a consent is due to be read again.
  std::optional<Preparation> next_preparation() {
    const auto due_at = ledger_.next_due();
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stop_ || !waiting_.empty(); };
    if (due_at) {
      wake_.wait_for(lock, *due_at - clock_.now(), ready);
    } else {
      wake_.wait(lock, ready);
    }
    if (stop_ || waiting_.empty()) return std::nullopt;
    Preparation preparation = std::move(waiting_.front());
    waiting_.pop_front();
    return preparation;
  }

  void open(const ConsentLedger::Origin& origin) {
    const auto addresses = options_.resolve(origin.host, origin.port);
    if (!addresses) return ledger_.open_unresolved(origin);
    std::vector<ConsentLedger::Reading> readings;
    std::vector<RemoteAddress> others;
    for (RemoteAddress address : *addresses) {
      address.port = origin.port;
      const auto ruling = ledger_.judge_address(origin.host, address);
      if (ruling.need == ConsentLedger::Need::consent) readings.push_back(read(origin, address));
      else others.push_back(address);
      if (stop_) return;
    }
    settle(ledger_.open(origin, std::move(readings), others));
  }

  ConsentLedger::Reading read(const ConsentLedger::Origin& origin, const RemoteAddress& address) {
    if (!options_.key) return {address, Error{"it needs its owner's consent, and no --consent-key was given"}};
    const auto file = read_consent({origin.scheme, origin.host, origin.port, address},
                                   {.user_agent = options_.user_agent, .ca_file = options_.ca_file}, stop_);
    if (!file.bytes) return {address, file.bytes.error(), file.cause};
    return {address, verify_consent(*file.bytes, *options_.key)};
  }

  Options options_;
  ConsentLedger ledger_;
  const Clock& clock_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> withdrawn_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Preparation> waiting_;
  std::thread thread_;  // last: the thread uses the other members
};

ConsentGuard::ConsentGuard(Options options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}
ConsentGuard::~ConsentGuard() = default;

GuardVerdict ConsentGuard::may_connect(std::string_view host, const RemoteAddress& address) {
  return impl_->settle(impl_->ledger().may_connect(host, address));
}

GuardVerdict ConsentGuard::may_request(std::string_view host, std::string_view path) {
  return impl_->settle(impl_->ledger().may_request(host, path));
}

std::optional<Rate> ConsentGuard::consented_rate(std::string_view host) const {
  const auto name = normalise_host(host);
  return name ? impl_->ledger().consented_rate(*name) : std::nullopt;
}

bool ConsentGuard::needs_preparation(std::string_view /*scheme*/, std::string_view host, std::uint16_t port) {
  const NamedHost& named = read_host(host);
  if (!named.name) return false;
  if (named.address) {
    // A literal that needs no consent, or that is always refused, is decided without network access.
    if (impl_->ledger().judge_literal(named).need != ConsentLedger::Need::consent) return false;
  }
  return impl_->ledger().needs_opening(*named.name, port);
}

void ConsentGuard::prepare(std::string scheme, std::string host, std::uint16_t port, std::function<void()> ready) {
  impl_->enqueue({std::move(scheme), normalise_host(host).value_or(""), port}, std::move(ready));
}

}  // namespace gelombang
