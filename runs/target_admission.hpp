// Before the first arrival, checks whether load may go to the target and can reach it: its name, its owner's consent,
// and one connection with its certificate. A problem of the whole run is reported at once, not measured for hours.
#pragma once

#include "engine/scenario/run_plan.hpp"
#include "metrics/exit_reason.hpp"
#include "probes/consent/address_resolver.hpp"
#include "probes/consent/socket_guard.hpp"
#include "runs/target_url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

enum class FirstLook : std::uint8_t { taken, skipped };

struct TargetAdmission {
  // Why nothing may be sent: `configuration` for a name that does not resolve, a bad certificate or a fault of this
  // machine, `refused` for consent, `no_data` for a target that refuses connections or is silent.
  std::optional<ExitReason> refusal;
  std::vector<std::string> resolve;  // for RunPlan::resolve: the addresses that the guard allows
};

// Blocks while it waits for name servers, the owner's consent file and the target, each within its timeout. The guard
// resolves with the same `resolve`. If the first look is skipped, only consent is checked, and the run measures all
// other problems as data.
TargetAdmission admit_target(const TargetUrl& target, const RunPlan& plan, SocketGuard& guard,
                             const AddressResolver& resolve, FirstLook first_look);

}  // namespace gelombang
