// What is known about the consent of each origin, and the decisions that follow from it. No sockets
// and no threads of its own: the guard (probes/consent/guard.hpp) feeds it; all calls are thread-safe. Questions take
// no lock: each thread keeps a copy of what the ledger knows, and fetches a new one after a change.
//
// An origin (host and port) is opened once with what was read at each of its addresses. A consent that
// is lost later closes the whole host for the rest of the run.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "probes/consent/address_class.hpp"
#include "probes/consent/document.hpp"
#include "probes/consent/host.hpp"
#include "probes/consent/limiter.hpp"
#include "probes/consent/socket_guard.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class ConsentLedger {
 public:
  struct Policy {
    bool allow_private_network = false;
    bool has_contact = false;    // required beyond loopback
    unsigned segments = 1;       // this process plays one of so many shares of the plan
    Duration reread_interval{};  // between two readings of a consent
    Duration grace{};            // a consent not read again by then is void
  };
  // The run cannot go on where `stop` is set; the reason is the verdict's.
  struct Ruling {
    GuardVerdict verdict;
    bool stop = false;
  };
  struct Origin {
    std::string scheme;
    std::string host;  // normalised
    std::uint16_t port = 0;
  };
  // What reading the consent at an address gave.
  struct Reading {
    RemoteAddress address;
    Result<VerifiedConsent> consent;
    ErrorClass cause = ErrorClass::consent;  // of what went wrong, as in GuardVerdict
  };
  struct Due {
    Origin origin;
    RemoteAddress address;
  };
  // What an address asks for before a connection to it may be opened under a name.
  enum class Need : std::uint8_t { nothing, consent, refused };
  struct AddressRuling {
    Need need = Need::refused;
    std::string reason;  // where refused
  };

  ConsentLedger(Policy policy, const Clock& clock);

  // By class, policy and name alone.
  [[nodiscard]] AddressRuling judge_address(std::string_view host, const RemoteAddress& address) const;
  // Of a host that is named by its address.
  [[nodiscard]] AddressRuling judge_literal(const NamedHost& host) const;

  // Not opened yet, or its name could not be resolved a while ago.
  [[nodiscard]] bool needs_opening(std::string_view host, std::uint16_t port) const;
  // `readings` for the addresses that need consent, `others` for the rest of what the name resolves to.
  Ruling open(const Origin& origin, std::vector<Reading> readings, const std::vector<RemoteAddress>& others);
  // The name has no address for now. No refusal: the look-up of the request itself will say so.
  void open_unresolved(const Origin& origin);

  [[nodiscard]] std::vector<Due> due() const;
  [[nodiscard]] std::optional<TimePoint> next_due() const;
  Ruling reread(const Origin& origin, Reading reading);

  // The lowest maximum rate that the consents of this host's addresses name, requests per second; nothing where none is
  // needed.
  [[nodiscard]] std::optional<Rate> consented_rate(std::string_view host) const;

  Ruling may_connect(std::string_view host, const RemoteAddress& address);
  Ruling may_request(std::string_view host, std::string_view path);

 private:
  struct Grant {
    RemoteAddress address;
    Consent consent;
    std::string id;
    std::shared_ptr<ConsentLimiter> limiter;
    TimePoint read_at{};
  };
  struct OpenOrigin {
    Origin origin;
    std::vector<Grant> grants;
    std::vector<std::pair<RemoteAddress, GuardVerdict>> refused;
    bool free_addresses = false;  // some need no consent
    std::optional<TimePoint> unresolved_at;
  };
  struct Host {
    std::map<std::uint16_t, OpenOrigin> origins;
    std::string closed;  // the reason, once its consent is lost
    // Of all grants, each once. Which address a request will go to is not known, so every consent must allow it.
    std::vector<ConsentLimiter*> limiters;
  };
  // What is known at one time; never changed once it is published.
  struct State {
    std::map<std::string, Host, std::less<>> hosts;
    bool granted = false;  // some address was opened by consent
  };
  // What a state makes of a question. `lost` is the reason where a consent holds no longer, and the host has to be
  // closed.
  struct Judgement {
    Ruling ruling;
    std::string lost;
  };

  [[nodiscard]] AddressRuling judge(std::string_view host, const RemoteAddress& address,
                                    const AddressFacts& facts) const;
  // This thread's copy. Valid until its next call.
  [[nodiscard]] const State& known() const;
  // These are called with the lock.
  [[nodiscard]] std::shared_ptr<State> copy() const { return std::make_shared<State>(*state_); }
  void publish(std::shared_ptr<State> next);
  Ruling close(std::shared_ptr<State> next, std::string_view host, std::string reason);

  // Closes the host where the judgement still is the same with the lock held.
  template <typename Judge>
  Ruling settle(std::string_view host, const Judge& judge);
  [[nodiscard]] Judgement judge_connection(const State& state, std::string_view name,
                                           const RemoteAddress& address) const;
  [[nodiscard]] Judgement judge_request(const State& state, const NamedHost& named, std::string_view path) const;
  [[nodiscard]] Judgement spend(const Host& host, std::string_view name, std::string_view path) const;
  [[nodiscard]] Result<void> holds(const Grant& grant, std::string_view host) const;
  // The limiter that grants of this consent share. A new one takes over what `before` has left.
  [[nodiscard]] std::shared_ptr<ConsentLimiter> limiter_for(const State& state, const VerifiedConsent& verified,
                                                            const ConsentLimiter* before) const;

  Policy policy_;
  const Clock& clock_;
  // The number of the state. No other state of any ledger has it, so a thread that knows the number has the state.
  std::atomic<std::uint64_t> version_;
  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;
};

}  // namespace gelombang
