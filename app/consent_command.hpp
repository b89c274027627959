// `gelombang consent new-key | sign | verify`: what an owner and a tester do with consent files; see
// docs/consent.md. Results go to stdout, one clear line to stderr where something is wrong.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// Adds the command and its three subcommands to `parent`. The one that the user chose runs inside
// parent.parse() and leaves its exit code in `exit_code`, which must outlive that call: 0, 104 for bad
// input, 112 for a file that is no consent at the moment.
void add_consent_command(CLI::App& parent, int& exit_code);

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

// What each subcommand does, with the text for stdout.
Result<std::string> consent_new_key(const std::string& out);
Result<std::string> consent_sign(const ConsentSignOptions& options, WallTime now);
struct ConsentCheck {
  std::string text;  // what the file says
  Result<void> in_force;
};
// An Error where the file cannot be read or its signature does not match. "-" is stdin.
Result<ConsentCheck> consent_verify(const std::string& key, const std::string& file, WallTime now);

}  // namespace gelombang
