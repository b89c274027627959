#include "runs/target_admission.hpp"

#include "probes/consent/address_class.hpp"
#include "probes/http/target_look.hpp"

#include <fmt/format.h>

#include <future>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

ExitCause cause_of_unfitness(ErrorClass error) {
  switch (error) {
    case ErrorClass::consent: return ExitCause::refused;
    case ErrorClass::dns_nxdomain:
    case ErrorClass::dns_servfail:
    case ErrorClass::dns_timeout:
    case ErrorClass::tls_expired:
    case ErrorClass::tls_name:
    case ErrorClass::tls_chain:
    case ErrorClass::tls_handshake: return ExitCause::configuration;
    default: return info(error).side == ErrorSide::generator ? ExitCause::configuration : ExitCause::no_data;
  }
}

ExitReason unfit(const TargetUrl& target, ExitCause cause, std::string_view why) {
  return {cause, fmt::format("{}: {}; nothing was sent (--skip-preflight runs anyway)", target.text, why)};
}

// Asks for the owner's consent for every address. Leaves out refused addresses.
void ask_consent(const TargetUrl& target, SocketGuard& guard, const std::vector<RemoteAddress>& addresses,
                 TargetAdmission& admission) {
  if (guard.needs_preparation(target.scheme, target.host, target.port)) {
    std::promise<void> ready;
    guard.prepare(target.scheme, target.host, target.port, [&ready] { ready.set_value(); });
    ready.get_future().wait();
  }
  std::string pinned;
  GuardVerdict refused;
  for (const RemoteAddress& address : addresses) {
    GuardVerdict verdict = guard.may_connect(target.host, address);
    if (!verdict.allowed) {
      refused = std::move(verdict);
      continue;
    }
    pinned += (pinned.empty() ? "" : ",") + format_address(address);
  }
  if (pinned.empty()) {
    // The owner cannot be asked while the target is down.
    admission.refusal = ExitReason{cause_of_unfitness(refused.cause), std::move(refused.reason)};
    return;
  }
  const bool literal = parse_address(target.host).has_value();
  if (!literal) admission.resolve.push_back(fmt::format("{}:{}:{}", target.host, target.port, pinned));
}

std::optional<ExitReason> connect_once(const TargetUrl& target, const RunPlan& plan, SocketGuard& guard,
                                       const TargetAdmission& admission) {
  TargetLook look;
  look.scheme = target.scheme;
  look.host = target.host;
  look.port = target.port;
  look.resolve = admission.resolve;
  look.verify_certificates = plan.verify_certificates;
  look.ca_file = plan.ca_file;
  const LookResult seen = look_at_target(look, guard);
  if (seen.error == ErrorClass::none) return std::nullopt;
  if (seen.error == ErrorClass::consent) return ExitReason{ExitCause::refused, seen.detail};
  const ErrorClassInfo& known = info(seen.error);
  // A fault of this machine would affect every request.
  if (known.side == ErrorSide::generator) {
    return ExitReason{ExitCause::configuration,
                      fmt::format("{}: {} ({}); nothing was sent", target.text, known.text, seen.detail)};
  }
  // For a connection, libcurl says nothing more than the error class does.
  const bool more = known.layer == ErrorLayer::tls;
  return unfit(target, cause_of_unfitness(seen.error),
               more ? fmt::format("{} ({})", known.text, seen.detail) : known.text);
}

}  // namespace

TargetAdmission admit_target(const TargetUrl& target, const RunPlan& plan, SocketGuard& guard,
                             const AddressResolver& resolve, FirstLook first_look) {
  TargetAdmission admission;
  const auto addresses = resolve(target.host, target.port);
  if (!addresses) {
    if (first_look == FirstLook::taken) {
      admission.refusal = unfit(target, ExitCause::configuration, addresses.error().message);
    }
    return admission;
  }
  ask_consent(target, guard, *addresses, admission);
  if (!admission.refusal && first_look == FirstLook::taken)
    admission.refusal = connect_once(target, plan, guard, admission);
  return admission;
}

}  // namespace gelombang
