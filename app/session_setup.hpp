// The parts of a session that can be refused before the first request: mailbox, consent, look-ups, start.
#pragma once

#include "app/load_session.hpp"
#include "probes/address_resolver.hpp"
#include "probes/consent_guard.hpp"

#include <memory>
#include <string>

namespace gelombang {

// What can be seen to be wrong before anything is opened.
Result<void> check_session(const SessionOptions& options, const PreparedRun& run);

// Null where no mailbox was asked for.
Result<std::unique_ptr<MailWatcher>> open_mailbox(const SessionOptions& options, const RunOptions& run,
                                                  const Clock& clock, Duration& poll_interval);

Result<ConsentGuard::Options> guard_options(const RunOptions& run, const SessionOptions& session, const RunPlan& plan);

// The system's resolver, asked once for every name: the guard judges and the run pins the same addresses, though a
// name server may rotate them.
AddressResolver resolve_once();

// Resolves the target, and asks the guard, which resolves with the same, about every address. What is refused is an
// Error with exit cause refused; a name that does not resolve is left to the run, as data.
struct TargetAdmission {
  bool admitted = true;
  std::string reason;
  std::vector<std::string> resolve;  // for RunPlan::resolve
};
TargetAdmission admit_target(const TargetUrl& target, SocketGuard& guard, const AddressResolver& resolve);

// "2026-03-04T12:00:00+07:00" or "12:00[:30]" (local time, the next one). Empty: now.
Result<WallTime> parse_start(const std::string& text, WallTime now);

}  // namespace gelombang
