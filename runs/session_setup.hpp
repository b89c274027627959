// The parts of a session that can be refused before the first request: mailbox, consent, look-ups.
#pragma once

#include "probes/consent/address_resolver.hpp"
#include "probes/consent/guard.hpp"
#include "probes/mail/mailbox.hpp"
#include "runs/prepared_run.hpp"

#include <memory>
#include <string>

namespace gelombang {

// Finds the errors that are visible before anything is opened.
Result<void> check_session(const SessionOptions& options, const PreparedRun& run);

// Null if no mailbox was asked for. A mailbox that cannot be read is an Error, unless the preflight is skipped.
Result<std::unique_ptr<Mailbox>> open_mailbox(const RunRequest& request, const Clock& clock, Duration& poll_interval);

Result<ConsentGuard::Options> guard_options(const RunRequest& request, const RunPlan& plan);

// The system's resolver, asked once for every name. So the guard judges the same addresses that the run pins, even if a
// name server rotates them.
AddressResolver resolve_once();

}  // namespace gelombang
