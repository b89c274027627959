// What is known about the consent of each origin, and the decisions that follow. The ledger has no sockets and no
// threads; the guard (probes/consent/guard.hpp) feeds it. All calls are thread-safe. Queries take no lock: each thread
// keeps a copy of the state, and fetches a new copy after a change.
//
// An origin (host and port) is opened once, with the readings at each of its addresses. If a consent is lost later, the
// whole host is closed for the rest of the run.
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
    unsigned segments = 1;       // this process runs one of this many shares of the plan
    Duration reread_interval{};  // between two readings of a consent
    Duration grace{};            // extra time for such a reading; then the consent is void
  };
  // If `stop` is set, the run cannot go on; the verdict holds the reason.
  struct Ruling {
    GuardVerdict verdict;
    bool stop = false;
  };
  struct Origin {
    std::string scheme;
    std::string host;  // normalised
    std::uint16_t port = 0;
  };
  // The result of reading the consent at an address.
  struct Reading {
    RemoteAddress address;
    Result<VerifiedConsent> consent;
    ErrorClass cause = ErrorClass::consent;  // of a failure, as in GuardVerdict
  };
  struct Due {
    Origin origin;
    RemoteAddress address;
  };
  // What an address requires before a connection to it may be opened under a name.
  enum class Need : std::uint8_t { nothing, consent, refused };
  struct AddressRuling {
    Need need = Need::refused;
    std::string reason;  // if refused
  };

  ConsentLedger(Policy policy, const Clock& clock);

  // Judges by class, policy and name only.
  [[nodiscard]] AddressRuling judge_address(std::string_view host, const RemoteAddress& address) const;
  // For a host that is named by its address.
  [[nodiscard]] AddressRuling judge_literal(const NamedHost& host) const;

  // True if the origin is not opened yet, or if its name could not be resolved a while ago.
  [[nodiscard]] bool needs_opening(std::string_view host, std::uint16_t port) const;
  // `readings` cover the addresses that need consent, `others` the other addresses of the name.
  Ruling open(const Origin& origin, std::vector<Reading> readings, const std::vector<RemoteAddress>& others);
  // The name has no address at present. This is no refusal: the request's own look-up will report it.
  void open_unresolved(const Origin& origin);

  [[nodiscard]] std::vector<Due> due() const;
  [[nodiscard]] std::optional<TimePoint> next_due() const;
  Ruling reread(const Origin& origin, Reading reading);

  // The lowest maximum rate in the consents of this host's addresses, in requests per second; nullopt where no consent
  // is needed.
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
    // The limiters of all grants, each once. The address of a request is not known yet, so every consent must allow the
    // request.
    std::vector<ConsentLimiter*> limiters;
  };
  // A snapshot of what is known; immutable once it is published.
  struct State {
    std::map<std::string, Host, std::less<>> hosts;
    bool granted = false;  // some address was opened by consent
  };
  // A state's answer to a query. If a consent no longer holds, `lost` is the reason, and the host has to be closed.
  struct Judgement {
    Ruling ruling;
    std::string lost;
  };

  [[nodiscard]] AddressRuling judge(std::string_view host, const RemoteAddress& address,
                                    const AddressFacts& facts) const;
  // This thread's copy. Valid until this thread's next call.
  [[nodiscard]] const State& known() const;
  // Call these with the lock held.
  [[nodiscard]] std::shared_ptr<State> copy() const { return std::make_shared<State>(*state_); }
  void publish(std::shared_ptr<State> next);
  Ruling close(std::shared_ptr<State> next, std::string_view host, std::string reason);

  // Closes the host if the judgement is still the same with the lock held.
  template <typename Judge>
  Ruling settle(std::string_view host, const Judge& judge);
  [[nodiscard]] Judgement judge_connection(const State& state, std::string_view name,
                                           const RemoteAddress& address) const;
  [[nodiscard]] Judgement judge_request(const State& state, const NamedHost& named, std::string_view path) const;
  [[nodiscard]] Judgement spend(const Host& host, std::string_view name, std::string_view path) const;
  [[nodiscard]] Result<void> holds(const Grant& grant, std::string_view host) const;
  // The limiter that all grants of this consent share. A new limiter takes over the tokens that `before` has left.
  [[nodiscard]] std::shared_ptr<ConsentLimiter> limiter_for(const State& state, const VerifiedConsent& verified,
                                                            const ConsentLimiter* before) const;

  Policy policy_;
  const Clock& clock_;
  // The number of the state, unique over all ledgers: a thread whose copy has this number has the current state.
  std::atomic<std::uint64_t> version_;
  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;
};

}  // namespace gelombang
