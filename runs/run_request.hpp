// What a user asks for to play a scenario. Made once: from a command line by the table of runs/request_options, or by a
// search or the self-test, which read no text. Where both the request and the scenario have a value, the request wins.
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

// For secret("key") in the scenario: the place of the secret, never its value.
struct SecretPlace {
  enum class Kind : std::uint8_t { file, environment };
  std::string key;
  Kind kind = Kind::file;
  std::string name;  // of the file or the environment variable
  bool operator==(const SecretPlace&) const = default;
};

// What is asked for besides the plan: where figures go, the mailbox, the consent. An empty text was not given.
struct SessionOptions {
  std::string metrics_listen = "127.0.0.1:9780";  // or "off"
  std::vector<std::string> metrics_names;         // further names of this machine for its pages
  Duration linger = std::chrono::seconds(15);
  std::string json;      // a file, or "-"
  std::string start_at;  // as written: its meaning depends on the day
  std::string mailbox;
  std::string mailbox_user;
  std::string mailbox_password_file;
  std::string consent_key;
  std::string history;  // the file; empty: the default one
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
  std::vector<std::string> thresholds;  // expressions: their meaning depends on the scenario's steps
  std::optional<std::uint64_t> max_users;
  Segment segment;
  std::optional<CatchUp> catch_up;  // nothing: as in the scenario
  Duration graceful_stop = std::chrono::seconds(30);
  std::string contact;
  std::string ca_file;
  bool insecure = false;
  bool allow_private_network = false;
  SessionOptions session;
  bool operator==(const RunRequest&) const = default;
};

}  // namespace gelombang
