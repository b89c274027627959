// `gelombang consent new-key | sign | verify`: what an owner and a tester do with consent files; see docs/consent.md.
// Results go to stdout, an error goes to stderr as one clear line.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/exit_reason.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// Adds the command and its three subcommands. Stores the chosen one in `command`, to be called after parsing. Returns
// 0, 104 for bad input, 112 for a consent that is not in force, or 114 for output that could not be written.
void add_consent_command(CLI::App& parent, std::function<int()>& command);

struct ConsentSignOptions {
  std::string key_file;  // of the secret key
  std::vector<std::string> hosts;
  std::vector<std::string> paths;
  std::string max_rate;    // "200/s"
  int days = 0;            // counted from not_before
  std::string not_before;  // UTC as in the file; empty: now
  std::string contact;
  std::string out;
};

[[noreturn]] inline void throw_exception_from_error(const ExitReason& reason, const boost::source_location&) {
  throw std::runtime_error(reason.text);
}
// The work of each subcommand. Returns the text for stdout, or the reason why it failed.
using ConsentOutcome = boost::system::result<std::string, ExitReason>;
ConsentOutcome consent_new_key(const std::string& out);
ConsentOutcome consent_sign(const ConsentSignOptions& options, WallTime now);
struct ConsentCheck {
  std::string text;  // what the file says
  Result<void> in_force;
};
// Returns an Error if the file cannot be read or its signature does not match. "-" is stdin.
Result<ConsentCheck> consent_verify(const std::string& key, const std::string& file, WallTime now);

}  // namespace gelombang
