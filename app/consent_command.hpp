// `gelombang consent new-key | sign | verify`: what an owner and a tester do with consent files; see
// docs/consent.md. Results go to stdout, one clear line to stderr where something is wrong.
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

// Adds the command and its three subcommands; the one that the user chose is left in `command`, to be called after
// parsing. It ends with 0, with 104 for bad input, 112 for a file that is no consent at the moment, or 114.
void add_consent_command(CLI::App& parent, std::function<int()>& command);

struct ConsentSignOptions {
  std::string key_file;  // of the secret key
  std::vector<std::string> hosts;
  std::vector<std::string> paths;
  std::string max_rate;    // "200/s"
  int days = 0;            // from not_before on
  std::string not_before;  // UTC as in the file; empty: now
  std::string contact;
  std::string out;
};

[[noreturn]] inline void throw_exception_from_error(const ExitReason& reason, const boost::source_location&) {
  throw std::runtime_error(reason.text);
}
// What each subcommand does, with the text for stdout, or why it did not.
using ConsentOutcome = boost::system::result<std::string, ExitReason>;
ConsentOutcome consent_new_key(const std::string& out);
ConsentOutcome consent_sign(const ConsentSignOptions& options, WallTime now);
struct ConsentCheck {
  std::string text;  // what the file says
  Result<void> in_force;
};
// An Error where the file cannot be read or its signature does not match. "-" is stdin.
Result<ConsentCheck> consent_verify(const std::string& key, const std::string& file, WallTime now);

}  // namespace gelombang
