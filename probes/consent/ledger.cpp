#include "probes/consent/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace gelombang {
namespace {

using Ruling = ConsentLedger::Ruling;

// Redirects could lead to any number of hosts; each costs a reading.
constexpr std::size_t kMostKnownHosts = 256;
constexpr Duration kResolveAgain = std::chrono::seconds(1);

Ruling allow() { return {{true, {}}, false}; }
Ruling deny(std::string reason) { return {{.reason = std::move(reason)}, false}; }
Ruling deny_and_stop(std::string reason) { return {{.reason = std::move(reason)}, true}; }

std::uint64_t next_version() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// What this thread has learnt lately, in a state of a ledger: of a page's host and those of its API, mail and files.
class Learnt {
 public:
  void add(std::uint64_t version, std::string_view host, std::uint16_t port) {
    facts_[next_++ % facts_.size()] = {version, std::string(host), port};
  }
  [[nodiscard]] bool holds(std::uint64_t version, std::string_view host, std::uint16_t port) const noexcept {
    return std::any_of(facts_.begin(), facts_.end(), [&](const Fact& fact) {
      return fact.version == version && fact.port == port && fact.host == host;
    });
  }

 private:
  struct Fact {
    std::uint64_t version = 0;
    std::string host;
    std::uint16_t port = 0;
  };
  std::array<Fact, 4> facts_;
  std::size_t next_ = 0;
};
thread_local Learnt opened_lately;  // its name resolved
thread_local Learnt free_lately;    // may be asked without any consent, at every port: 0

Ruling not_a_host() { return deny_and_stop("a request names a host that is not a plain name or address"); }

}  // namespace

ConsentLedger::ConsentLedger(Policy policy, const Clock& clock)
    : policy_(policy), clock_(clock), version_(next_version()) {
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

bool ConsentLedger::needs_opening(std::string_view host, std::uint16_t port) const {
  if (opened_lately.holds(version_, host, port)) return false;
  const std::scoped_lock lock(mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return true;
  const auto origin = found->second.origins.find(port);
  if (origin == found->second.origins.end()) return true;
  const auto& unresolved_at = origin->second.unresolved_at;
  if (!unresolved_at) opened_lately.add(version_, host, port);
  return unresolved_at && clock_.now() - *unresolved_at >= kResolveAgain;
}

Ruling ConsentLedger::open(const Origin& origin, std::vector<Reading> readings,
                           const std::vector<RemoteAddress>& others) {
  const std::scoped_lock lock(mutex_);
  if (hosts_.size() >= kMostKnownHosts && !hosts_.contains(origin.host)) {
    return deny_and_stop(fmt::format("the run has led to more than {} hosts", kMostKnownHosts));
  }
  changed();
  Host& host = hosts_[origin.host];
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
    granted_ = true;
    auto limiter = limiter_for(*reading.consent, nullptr);
    opened.grants.push_back({reading.address, std::move(reading.consent->consent), std::move(reading.consent->id),
                             std::move(limiter), clock_.now()});
  }
  if (!host.closed.empty()) return deny(host.closed);
  if (!opened.grants.empty() || opened.free_addresses) return allow();
  if (opened.refused.empty()) return deny_and_stop("no address of " + origin.host);
  return {opened.refused.front().second, true};
}

void ConsentLedger::open_unresolved(const Origin& origin) {
  const std::scoped_lock lock(mutex_);
  if (hosts_.size() >= kMostKnownHosts && !hosts_.contains(origin.host)) return;
  changed();
  hosts_[origin.host].origins[origin.port] = OpenOrigin{origin, {}, {}, false, clock_.now()};
}

std::vector<ConsentLedger::Due> ConsentLedger::due() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Due> list;
  for (const auto& [name, host] : hosts_) {
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
  const std::scoped_lock lock(mutex_);
  std::optional<TimePoint> first;
  for (const auto& [name, host] : hosts_) {
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
  const auto found = hosts_.find(origin.host);
  if (found == hosts_.end()) return deny("never opened");
  changed();
  Host& host = found->second;
  for (Grant& grant : host.origins[origin.port].grants) {
    if (grant.address != reading.address) continue;
    if (!reading.consent) {
      return close(host, fmt::format("the consent of {} at {} is withdrawn: {}", origin.host,
                                     format_address(reading.address), reading.consent.error().message));
    }
    grant.limiter = limiter_for(*reading.consent, grant.limiter.get());
    grant.consent = std::move(reading.consent->consent);
    grant.id = std::move(reading.consent->id);
    grant.read_at = clock_.now();
    if (const auto holding = holds(grant, origin.host); !holding) return close(host, holding.error().message);
    return allow();
  }
  return deny("never granted");
}

Ruling ConsentLedger::may_connect(std::string_view host, const RemoteAddress& address) {
  const auto name = normalise_host(host);
  if (!name) return not_a_host();
  const AddressRuling ruling = judge_address(*name, address);
  const std::scoped_lock lock(mutex_);
  const auto found = hosts_.find(*name);
  if (found != hosts_.end() && !found->second.closed.empty()) return deny(found->second.closed);
  if (ruling.need == Need::nothing) return allow();
  if (found != hosts_.end()) {
    Host& known = found->second;
    const auto origin = known.origins.find(address.port);
    if (origin != known.origins.end()) {
      // Judged when the origin was opened, which also decided whether the run can go on without it.
      for (const auto& [refused, verdict] : origin->second.refused) {
        if (refused == address) return {verdict, false};
      }
    }
    if (ruling.need == Need::consent) return connect_with_consent(known, *name, address);
  }
  if (ruling.need == Need::refused) return deny_and_stop(ruling.reason);
  return deny_and_stop(fmt::format("no consent of {} at {} has been read", *name, format_address(address)));
}

Ruling ConsentLedger::connect_with_consent(Host& host, std::string_view name, const RemoteAddress& address) {
  if (const auto origin = host.origins.find(address.port); origin != host.origins.end()) {
    for (const Grant& grant : origin->second.grants) {
      if (grant.address != address) continue;
      if (const auto holding = holds(grant, name); !holding) return close(host, holding.error().message);
      return allow();
    }
  }
  return deny_and_stop(
      fmt::format("{} now leads to {}, where no consent has been read", name, format_address(address)));
}

Ruling ConsentLedger::may_request(std::string_view host, std::string_view path) {
  const NamedHost& named = read_host(host);
  if (!named.name) return not_a_host();
  const std::string& name = *named.name;
  // Such a literal is never opened, and so never closed.
  if (named.address && judge_literal(named).need == Need::nothing) return allow();
  if (free_lately.holds(version_, name, 0)) return allow();
  const std::scoped_lock lock(mutex_);
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) {
    // Without any consent in use all sockets lead to addresses that need none, so a name of the
    // script's own in Host harms nobody.
    if (!named.address && !granted_ && !needs_named_consent(name)) return allow();
    if (!named.address) return deny_and_stop(fmt::format("a request names the host {}, which was not cleared", name));
    const AddressRuling ruling = judge_literal(named);
    return deny_and_stop(ruling.need == Need::refused ? ruling.reason : "no consent of " + name + " has been read");
  }
  if (!found->second.closed.empty()) return deny(found->second.closed);
  return spend(found->second, name, path);
}

Ruling ConsentLedger::spend(Host& host, std::string_view name, std::string_view path) {
  // Which address the request will go to is not known here, so every consent of the host must allow it.
  std::set<ConsentLimiter*> limiters;
  bool reachable = false;
  std::string refusal;
  for (const auto& [port, opened] : host.origins) {
    reachable = reachable || opened.free_addresses || (opened.unresolved_at && !needs_named_consent(name));
    if (refusal.empty() && !opened.refused.empty()) refusal = opened.refused.front().second.reason;
    for (const Grant& grant : opened.grants) {
      if (const auto holding = holds(grant, name); !holding) return close(host, holding.error().message);
      if (!covers_path(grant.consent, path)) {
        // The path itself may hold a token, so it is not shown.
        return close(host, fmt::format("the consent of {} covers {} alone, and another path was asked for", name,
                                       fmt::join(grant.consent.paths, ", ")));
      }
      limiters.insert(grant.limiter.get());
    }
  }
  if (limiters.empty() && !reachable) {
    return deny(refusal.empty() ? fmt::format("no consent of {} has been read", name) : refusal);
  }
  if (limiters.empty()) free_lately.add(version_, name, 0);
  const TimePoint now = clock_.now();
  for (ConsentLimiter* limiter : limiters) {
    if (!limiter->has_token(now)) {
      return close(host, fmt::format("the plan is over the maximum rate that {} consents to", name));
    }
  }
  for (ConsentLimiter* limiter : limiters) limiter->take();
  return allow();
}

std::optional<Rate> ConsentLedger::consented_rate(std::string_view host) const {
  const std::scoped_lock lock(mutex_);
  const auto known = hosts_.find(host);
  if (known == hosts_.end()) return std::nullopt;
  std::optional<Rate> lowest;
  for (const auto& [port, origin] : known->second.origins) {
    for (const Grant& grant : origin.grants) {
      const Rate rate = grant.consent.max_rate;
      if (!lowest || rate.per_second() < lowest->per_second()) lowest = rate;
    }
  }
  return lowest;
}

Result<void> ConsentLedger::holds(const Grant& grant, std::string_view host) const {
  const auto fail = [&](std::string_view why) {
    return Error{fmt::format("the consent of {} at {} holds no longer: {}", host, format_address(grant.address), why)};
  };
  if (const auto force = in_force(grant.consent, host, clock_.wall_now()); !force) return fail(force.error().message);
  if (clock_.now() - grant.read_at > policy_.reread_interval + policy_.grace) {
    return fail("it could not be read again in time");
  }
  return {};
}

Ruling ConsentLedger::close(Host& host, std::string reason) {
  changed();
  host.closed = reason;
  return deny_and_stop(std::move(reason));
}

// Called with the lock, before the change; who has learnt something of the state before asks again.
void ConsentLedger::changed() noexcept { version_ = next_version(); }

std::shared_ptr<ConsentLimiter> ConsentLedger::limiter_for(const VerifiedConsent& verified,
                                                           const ConsentLimiter* before) {
  auto& known = limiters_[verified.id];
  if (auto limiter = known.lock()) return limiter;
  const Rate share = Rate::per_second(verified.consent.max_rate.per_second() / policy_.segments);
  auto limiter = std::make_shared<ConsentLimiter>(share, clock_.now());
  if (before != nullptr) limiter->inherit(*before);
  known = limiter;
  return limiter;
}

}  // namespace gelombang
