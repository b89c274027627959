#include "probes/consent/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace gelombang {
namespace {

using Ruling = ConsentLedger::Ruling;

// Redirects could lead to any number of hosts, and each host costs a reading.
constexpr std::size_t kMostKnownHosts = 256;
constexpr Duration kResolveAgain = std::chrono::seconds(1);

Ruling allow() { return {{true, {}}, false}; }
Ruling deny(std::string reason) { return {{.reason = std::move(reason)}, false}; }
Ruling deny_and_stop(std::string reason) { return {{.reason = std::move(reason)}, true}; }

std::uint64_t next_version() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

Ruling not_a_host() { return deny_and_stop("a request names a host that is not a plain name or address"); }

}  // namespace

ConsentLedger::ConsentLedger(Policy policy, const Clock& clock)
    : policy_(policy), clock_(clock), version_(next_version()), state_(std::make_shared<State>()) {
  policy_.segments = std::max(policy_.segments, 1U);
}

ConsentLedger::AddressRuling ConsentLedger::judge_address(std::string_view host, const RemoteAddress& address) const {
  return judge(host, address, classify(address));
}

ConsentLedger::AddressRuling ConsentLedger::judge_literal(const NamedHost& host) const {
  return judge(*host.name, *host.address, host.facts);
}

ConsentLedger::AddressRuling ConsentLedger::judge(std::string_view host, const RemoteAddress& address,
                                                  const AddressFacts& facts) const {
  const auto refuse = [&](std::string_view why) {
    return AddressRuling{Need::refused,
                         fmt::format("{} is at {}, {}: {}", host, format_address(address), facts.range, why)};
  };
  if (facts.kind == AddressClass::denied) return refuse("never a target");
  if (facts.kind == AddressClass::private_network && !policy_.allow_private_network) {
    return refuse("it needs --allow-private-network");
  }
  if (facts.kind != AddressClass::loopback && !policy_.has_contact) {
    return refuse("beyond loopback --contact is required");
  }
  const bool needs_consent = facts.kind == AddressClass::public_network || needs_named_consent(host);
  return {needs_consent ? Need::consent : Need::nothing, {}};
}

const ConsentLedger::State& ConsentLedger::known() const {
  struct Copy {
    std::uint64_t version = 0;
    std::shared_ptr<const State> state;
  };
  thread_local Copy copy;
  if (copy.version != version_.load(std::memory_order_acquire)) {
    const std::scoped_lock lock(mutex_);
    copy.state = state_;
    copy.version = version_.load(std::memory_order_relaxed);
  }
  return *copy.state;
}

void ConsentLedger::publish(std::shared_ptr<State> next) {
  for (auto& [name, host] : next->hosts) {
    host.limiters.clear();
    for (const auto& [port, opened] : host.origins) {
      for (const Grant& grant : opened.grants) {
        ConsentLimiter* limiter = grant.limiter.get();
        if (std::find(host.limiters.begin(), host.limiters.end(), limiter) == host.limiters.end()) {
          host.limiters.push_back(limiter);
        }
      }
    }
  }
  state_ = std::move(next);
  version_.store(next_version(), std::memory_order_release);
}

bool ConsentLedger::needs_opening(std::string_view host, std::uint16_t port) const {
  const State& state = known();
  const auto found = state.hosts.find(host);
  if (found == state.hosts.end()) return true;
  const auto origin = found->second.origins.find(port);
  if (origin == found->second.origins.end()) return true;
  const auto& unresolved_at = origin->second.unresolved_at;
  return unresolved_at && clock_.now() - *unresolved_at >= kResolveAgain;
}

Ruling ConsentLedger::open(const Origin& origin, std::vector<Reading> readings,
                           const std::vector<RemoteAddress>& others) {
  const std::scoped_lock lock(mutex_);
  if (state_->hosts.size() >= kMostKnownHosts && !state_->hosts.contains(origin.host)) {
    return deny_and_stop(fmt::format("the run has requested more than {} hosts", kMostKnownHosts));
  }
  const auto next = copy();
  Host& host = next->hosts[origin.host];
  OpenOrigin& opened = host.origins[origin.port];
  opened = OpenOrigin{origin, {}, {}, false, std::nullopt};
  for (const RemoteAddress& address : others) {
    const AddressRuling ruling = judge_address(origin.host, address);
    if (ruling.need == Need::nothing) opened.free_addresses = true;
    else opened.refused.emplace_back(address, GuardVerdict{.reason = ruling.reason});
  }
  for (Reading& reading : readings) {
    Result<void> judged = reading.consent ? in_force(reading.consent->consent, origin.host, clock_.wall_now())
                                          : Result<void>(reading.consent.error());
    if (!judged) {
      opened.refused.emplace_back(
          reading.address, GuardVerdict{.reason = fmt::format("no consent of {} at {}: {}", origin.host,
                                                              format_address(reading.address), judged.error().message),
                                        .cause = reading.cause});
      continue;
    }
    next->granted = true;
    auto limiter = limiter_for(*next, *reading.consent, nullptr);
    opened.grants.push_back({reading.address, std::move(reading.consent->consent), std::move(reading.consent->id),
                             std::move(limiter), clock_.now()});
  }
  publish(next);
  if (!host.closed.empty()) return deny(host.closed);
  if (!opened.grants.empty() || opened.free_addresses) return allow();
  if (opened.refused.empty()) return deny_and_stop("no address of " + origin.host);
  return {opened.refused.front().second, true};
}

void ConsentLedger::open_unresolved(const Origin& origin) {
  const std::scoped_lock lock(mutex_);
  if (state_->hosts.size() >= kMostKnownHosts && !state_->hosts.contains(origin.host)) return;
  const auto next = copy();
  next->hosts[origin.host].origins[origin.port] = OpenOrigin{origin, {}, {}, false, clock_.now()};
  publish(next);
}

std::vector<ConsentLedger::Due> ConsentLedger::due() const {
  std::vector<Due> list;
  for (const auto& [name, host] : known().hosts) {
    if (!host.closed.empty()) continue;
    for (const auto& [port, opened] : host.origins) {
      for (const Grant& grant : opened.grants) {
        if (clock_.now() - grant.read_at >= policy_.reread_interval) list.push_back({opened.origin, grant.address});
      }
    }
  }
  return list;
}

std::optional<TimePoint> ConsentLedger::next_due() const {
  std::optional<TimePoint> first;
  for (const auto& [name, host] : known().hosts) {
    if (!host.closed.empty()) continue;
    for (const auto& [port, opened] : host.origins) {
      for (const Grant& grant : opened.grants) {
        const TimePoint at = grant.read_at + policy_.reread_interval;
        first = first ? std::min(*first, at) : at;
      }
    }
  }
  return first;
}

Ruling ConsentLedger::reread(const Origin& origin, Reading reading) {
  const std::scoped_lock lock(mutex_);
  if (!state_->hosts.contains(origin.host)) return deny("never opened");
  const auto next = copy();
  Host& host = next->hosts[origin.host];
  for (Grant& grant : host.origins[origin.port].grants) {
    if (grant.address != reading.address) continue;
    if (!reading.consent) {
      return close(next, origin.host,
                   fmt::format("the consent of {} at {} is withdrawn: {}", origin.host, format_address(reading.address),
                               reading.consent.error().message));
    }
    grant.limiter = limiter_for(*next, *reading.consent, grant.limiter.get());
    grant.consent = std::move(reading.consent->consent);
    grant.id = std::move(reading.consent->id);
    grant.read_at = clock_.now();
    if (const auto holding = holds(grant, origin.host); !holding) {
      return close(next, origin.host, holding.error().message);
    }
    publish(next);
    return allow();
  }
  return deny("never granted");
}

// Questions -----------------------------------------------------------------------------------------

template <typename Judge>
Ruling ConsentLedger::settle(std::string_view host, const Judge& judge) {
  if (Judgement judgement = judge(known()); judgement.lost.empty()) return std::move(judgement.ruling);
  const std::scoped_lock lock(mutex_);
  // Another thread may have closed the host or read the consent again in between.
  Judgement judgement = judge(*state_);
  if (judgement.lost.empty()) return std::move(judgement.ruling);
  return close(copy(), host, std::move(judgement.lost));
}

Ruling ConsentLedger::may_connect(std::string_view host, const RemoteAddress& address) {
  const auto name = normalise_host(host);
  if (!name) return not_a_host();
  return settle(*name, [&](const State& state) { return judge_connection(state, *name, address); });
}

ConsentLedger::Judgement ConsentLedger::judge_connection(const State& state, std::string_view name,
                                                         const RemoteAddress& address) const {
  const AddressRuling ruling = judge_address(name, address);
  const auto found = state.hosts.find(name);
  if (found != state.hosts.end()) {
    const Host& host = found->second;
    if (!host.closed.empty()) return {deny(host.closed), {}};
    if (ruling.need == Need::nothing) return {allow(), {}};
    if (const auto origin = host.origins.find(address.port); origin != host.origins.end()) {
      // open() has judged this address already, and has decided whether the run can go on without it.
      for (const auto& [refused, verdict] : origin->second.refused) {
        if (refused == address) return {{verdict, false}, {}};
      }
      for (const Grant& grant : origin->second.grants) {
        if (ruling.need != Need::consent || grant.address != address) continue;
        if (const auto holding = holds(grant, name); !holding) return {{}, holding.error().message};
        return {allow(), {}};
      }
    }
    if (ruling.need == Need::consent) {
      return {deny_and_stop(
                  fmt::format("{} now resolves to {}, where no consent has been read", name, format_address(address))),
              {}};
    }
  }
  if (ruling.need == Need::nothing) return {allow(), {}};
  if (ruling.need == Need::refused) return {deny_and_stop(ruling.reason), {}};
  return {deny_and_stop(fmt::format("no consent of {} at {} has been read", name, format_address(address))), {}};
}

Ruling ConsentLedger::may_request(std::string_view host, std::string_view path) {
  const NamedHost& named = read_host(host);
  if (!named.name) return not_a_host();
  // Such a literal is never opened, so it is never closed.
  if (named.address && judge_literal(named).need == Need::nothing) return allow();
  return settle(*named.name, [&](const State& state) { return judge_request(state, named, path); });
}

ConsentLedger::Judgement ConsentLedger::judge_request(const State& state, const NamedHost& named,
                                                      std::string_view path) const {
  const std::string& name = *named.name;
  const auto found = state.hosts.find(name);
  if (found == state.hosts.end()) {
    // While no consent is in use, all sockets go to addresses that need none. So any name that a script puts into Host
    // harms nobody.
    if (!named.address && !state.granted && !needs_named_consent(name)) return {allow(), {}};
    if (!named.address) {
      return {deny_and_stop(fmt::format("a request names the host {}, for which no consent has been checked", name)),
              {}};
    }
    const AddressRuling ruling = judge_literal(named);
    return {deny_and_stop(ruling.need == Need::refused ? ruling.reason : "no consent of " + name + " has been read"),
            {}};
  }
  if (!found->second.closed.empty()) return {deny(found->second.closed), {}};
  return spend(found->second, name, path);
}

ConsentLedger::Judgement ConsentLedger::spend(const Host& host, std::string_view name, std::string_view path) const {
  bool reachable = false;
  const std::string* refusal = nullptr;
  for (const auto& [port, opened] : host.origins) {
    reachable = reachable || opened.free_addresses || (opened.unresolved_at && !needs_named_consent(name));
    if (refusal == nullptr && !opened.refused.empty()) refusal = &opened.refused.front().second.reason;
    for (const Grant& grant : opened.grants) {
      if (const auto holding = holds(grant, name); !holding) return {{}, holding.error().message};
      if (!covers_path(grant.consent, path)) {
        // The path may hold a token, so the message does not show it.
        return {{},
                fmt::format("the consent of {} covers only {}, but another path was requested", name,
                            fmt::join(grant.consent.paths, ", "))};
      }
    }
  }
  if (host.limiters.empty() && !reachable) {
    return {
        deny(refusal == nullptr || refusal->empty() ? fmt::format("no consent of {} has been read", name) : *refusal),
        {}};
  }
  if (host.limiters.empty()) return {allow(), {}};
  const TimePoint now = clock_.now();
  for (auto limiter = host.limiters.begin(); limiter != host.limiters.end(); ++limiter) {
    // Another thread may have taken a token at a time later than `now`.
    if ((*limiter)->take(now) || (*limiter)->take(clock_.now())) continue;
    for (auto taken = host.limiters.begin(); taken != limiter; ++taken) (*taken)->give_back();
    return {{}, fmt::format("the plan is over the maximum rate that {} consents to", name)};
  }
  return {allow(), {}};
}

std::optional<Rate> ConsentLedger::consented_rate(std::string_view host) const {
  const State& state = known();
  const auto found = state.hosts.find(host);
  if (found == state.hosts.end()) return std::nullopt;
  std::optional<Rate> lowest;
  for (const auto& [port, origin] : found->second.origins) {
    for (const Grant& grant : origin.grants) {
      const Rate rate = grant.consent.max_rate;
      if (!lowest || rate.per_second() < lowest->per_second()) lowest = rate;
    }
  }
  return lowest;
}

Result<void> ConsentLedger::holds(const Grant& grant, std::string_view host) const {
  const auto fail = [&](std::string_view why) {
    return Error{
        fmt::format("the consent of {} at {} is no longer valid: {}", host, format_address(grant.address), why)};
  };
  if (const auto force = in_force(grant.consent, host, clock_.wall_now()); !force) return fail(force.error().message);
  if (clock_.now() - grant.read_at > policy_.reread_interval + policy_.grace) {
    return fail("it could not be read again in time");
  }
  return {};
}

Ruling ConsentLedger::close(std::shared_ptr<State> next, std::string_view host, std::string reason) {
  next->hosts.find(host)->second.closed = reason;
  publish(std::move(next));
  return deny_and_stop(std::move(reason));
}

std::shared_ptr<ConsentLimiter> ConsentLedger::limiter_for(const State& state, const VerifiedConsent& verified,
                                                           const ConsentLimiter* before) const {
  for (const auto& [name, host] : state.hosts) {
    for (const auto& [port, opened] : host.origins) {
      for (const Grant& grant : opened.grants) {
        if (grant.id == verified.id) return grant.limiter;
      }
    }
  }
  const Rate share = Rate::per_second(verified.consent.max_rate.per_second() / policy_.segments);
  auto limiter = std::make_shared<ConsentLimiter>(share, clock_.now());
  if (before != nullptr) limiter->inherit(*before);
  return limiter;
}

}  // namespace gelombang
