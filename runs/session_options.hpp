// What the command line says of a run beside its plan: where its figures go, its mailbox, its consent.
#pragma once

#include <string>
#include <vector>

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

}  // namespace gelombang
