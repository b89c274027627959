// What somebody asks for who plays a scenario: made once, by the table of runs/request_options from a command line, or
// by a search or the self-test, which have no text to read. Where it and the scenario both say something, it wins.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"
#include "engine/load/catch_up.hpp"
#include "engine/load/load.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

inline bool operator==(const Segment& one, const Segment& other) noexcept {
  return one.index == other.index && one.count == other.count;
}

// For setting("key") in the scenario.
struct Setting {
  std::string key;
  std::string value;
  bool operator==(const Setting&) const = default;
};

// For secret("key") in the scenario: where it stands, never what it is.
struct SecretPlace {
  enum class Kind : std::uint8_t { file, environment };
  std::string key;
  Kind kind = Kind::file;
  std::string name;  // of the file or the variable
  bool operator==(const SecretPlace&) const = default;
};

// What is asked for beside the plan: where figures go, the mailbox, the consent. Empty texts were not given.
struct SessionOptions {
  std::string metrics_listen = "127.0.0.1:9780";  // or "off"
  std::vector<std::string> metrics_names;         // further ones under which it is asked for
  Duration linger = std::chrono::seconds(15);
  std::string json;      // a file, or "-"
  std::string start_at;  // as written: what it means depends on the day
  std::string mailbox;
  std::string mailbox_user;
  std::string mailbox_password_file;
  std::string consent_key;
  std::string history;  // the file; empty: the usual one
  bool no_history = false;
  bool skip_preflight = false;
  bool no_early_stop = false;
  bool color = true;
  bool operator==(const SessionOptions&) const = default;
};

struct RunRequest {
  std::string scenario;
  std::string target;
  std::string load;
  std::optional<Rate> rate;
  std::optional<Duration> duration;
  std::optional<std::uint64_t> users;
  std::optional<std::uint64_t> iterations;
  double scale = 1;
  double speed = 1;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> threads;
  std::vector<Setting> settings;
  std::vector<SecretPlace> secrets;
  std::vector<std::string> thresholds;  // expressions: what they mean depends on the scenario's steps
  std::optional<std::uint64_t> max_users;
  Segment segment;
  std::optional<CatchUp> catch_up;  // nothing: as the scenario says
  Duration graceful_stop = std::chrono::seconds(30);
  std::string contact;
  std::string ca_file;
  bool insecure = false;
  bool allow_private_network = false;
  SessionOptions session;
  bool operator==(const RunRequest&) const = default;
};

}  // namespace gelombang
