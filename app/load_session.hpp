// `gelombang run`: plays a prepared plan from the first arrival to the exit code. Owns everything that
// a run needs and shows what it does.
#pragma once

#include "app/run_options.hpp"
#include "probes/mail_watcher.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

struct SessionOptions {
  std::string metrics_listen = "127.0.0.1:9780";  // or "off"
  std::vector<std::string> metrics_names;         // further ones under which it is asked for
  std::string linger = "15s";
  std::string json;  // a file, or "-"
  std::string start_at;
  std::string mailbox;
  std::string mailbox_user;
  std::string mailbox_password_file;
  std::string consent_key;
  std::string history;  // the file; empty: the usual one
  bool no_history = false;
  bool skip_preflight = false;
  bool no_early_stop = false;
  bool color = true;
};

// Adds what `run` and `find-max` share: /metrics, JSON, mailbox, consent, history.
void add_session_options(CLI::App& command, SessionOptions& options);

// Files that a run with these options reads or writes beside its documents.
std::vector<std::string> files_of(const RunOptions& run, const SessionOptions& session);

// The exit code.
int run_load(const RunOptions& run_options, const SessionOptions& session_options);

}  // namespace gelombang
