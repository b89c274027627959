#include "runs/request_options.hpp"

#include "runs/exact_text.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <type_traits>
#include <utility>

namespace gelombang {
namespace {

using Group = RequestOption::Group;
using Takes = RequestOption::Takes;
using Kept = RequestOption::Kept;
using Values = std::vector<std::string>;

Error named(std::string_view name, const Error& problem) { return {fmt::format("{}: {}", name, problem.message)}; }

template <typename T>
Result<void> assign(T& to, std::string_view name, const Result<T>& read) {
  if (!read) return named(name, read.error());
  to = *read;
  return {};
}

// How each type is read and written.
Result<void> read_value(std::string& to, std::string_view, const std::string& text) {
  to = text;
  return {};
}
Values write_value(const std::string& value) { return value.empty() ? Values() : Values{value}; }

Result<void> read_value(std::optional<std::uint64_t>& to, std::string_view name, const std::string& text) {
  return assign(to.emplace(), name, parse_whole_number(text));
}
Values write_value(const std::optional<std::uint64_t>& value) {
  return value ? Values{fmt::format("{}", *value)} : Values();
}

Result<void> read_value(std::optional<Rate>& to, std::string_view name, const std::string& text) {
  Rate rate = Rate::per_second(0);
  auto read = assign(rate, name, parse_rate(text));
  if (read) to = rate;
  return read;
}
Values write_value(const std::optional<Rate>& value) { return value ? Values{exact_text(*value)} : Values(); }

Result<void> read_value(Duration& to, std::string_view name, const std::string& text) {
  return assign(to, name, parse_duration(text));
}
Values write_value(Duration value) { return {exact_text(value)}; }

Result<void> read_value(std::optional<Duration>& to, std::string_view name, const std::string& text) {
  return read_value(to.emplace(), name, text);
}
Values write_value(const std::optional<Duration>& value) { return value ? Values{exact_text(*value)} : Values(); }

Result<void> read_value(double& to, std::string_view name, const std::string& text) {
  return assign(to, name, parse_scale(text));
}
Values write_value(double value) { return {exact_scale(value)}; }

Result<void> read_value(Segment& to, std::string_view name, const std::string& text) {
  return assign(to, name, parse_segment(text));
}
Values write_value(const Segment& value) { return {fmt::format("{}/{}", value.index + 1, value.count)}; }

Result<void> read_value(std::optional<CatchUp>& to, std::string_view name, const std::string& text) {
  return assign(to.emplace(), name, parse_catch_up(text));
}
Values write_value(const std::optional<CatchUp>& value) { return value ? Values{std::string(name(*value))} : Values(); }

Result<void> read_value(bool& to, std::string_view, const std::string&) {
  to = true;
  return {};
}
Values write_value(bool value) { return value ? Values{""} : Values(); }

Result<void> read_value(Values& to, std::string_view, const std::string& text) {
  to.push_back(text);
  return {};
}
Values write_value(const Values& values) { return values; }

// The error does not quote the value.
Result<std::pair<std::string, std::string>> key_and_value(std::string_view name, const std::string& text) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) return Error{fmt::format("{}: expected key=value", name)};
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<void> read_value(std::vector<Setting>& to, std::string_view name, const std::string& text) {
  const auto pair = key_and_value(name, text);
  if (!pair) return pair.error();
  to.push_back({pair->first, pair->second});
  return {};
}
Values write_value(const std::vector<Setting>& settings) {
  Values values;
  for (const Setting& setting : settings) values.push_back(setting.key + "=" + setting.value);
  return values;
}

Result<void> read_value(std::vector<SecretPlace>& to, std::string_view name, const std::string& text) {
  const auto pair = key_and_value(name, text);
  if (!pair) return pair.error();
  const auto& [key, place] = *pair;
  if (place.rfind("env:", 0) == 0) {
    to.push_back({key, SecretPlace::Kind::environment, place.substr(4)});
  } else if (!place.empty() && place.front() == '@') {
    to.push_back({key, SecretPlace::Kind::file, place.substr(1)});
  } else {
    return Error{fmt::format("{} {}: expected {}=@FILE or {}=env:NAME", name, key, key, key)};
  }
  return {};
}
Values write_value(const std::vector<SecretPlace>& places) {
  Values values;
  for (const SecretPlace& place : places) {
    values.push_back(place.key + (place.kind == SecretPlace::Kind::file ? "=@" : "=env:") + place.name);
  }
  return values;
}

template <typename T>
struct TakesOf {
  static constexpr Takes kTakes = Takes::text;
};
template <>
struct TakesOf<bool> {
  static constexpr Takes kTakes = Takes::nothing;
};
template <>
struct TakesOf<std::optional<std::uint64_t>> {
  static constexpr Takes kTakes = Takes::number;
};
template <typename T>
struct TakesOf<std::vector<T>> {
  static constexpr Takes kTakes = Takes::texts;
};

// A field of the request, or of its session.
template <auto Field>
auto& field_of(RunRequest& request) {
  if constexpr (requires { request.*Field; }) {
    return request.*Field;
  } else {
    return request.session.*Field;
  }
}

template <auto Field>
RequestOption row(Group group, std::string_view name, std::string_view help, bool shows_default = false) {
  using Value = std::remove_cvref_t<decltype(field_of<Field>(std::declval<RunRequest&>()))>;
  RequestOption option;
  option.name = name;
  option.help = help;
  option.group = group;
  option.takes = TakesOf<Value>::kTakes;
  option.shows_default = shows_default;
  option.free_text = std::is_same_v<Value, std::string> || TakesOf<Value>::kTakes == Takes::texts;
  option.read = [](RunRequest& request, std::string_view of, const std::string& text) {
    return read_value(field_of<Field>(request), of, text);
  };
  option.write = [](const RunRequest& request) {
    RunRequest copy = request;
    return write_value(field_of<Field>(copy));
  };
  return option;
}

RequestOption kept(Kept how, RequestOption option) {
  option.kept = how;
  return option;
}

RequestOption speed_row() {
  RequestOption option = row<&RunRequest::speed>(
      Group::load, "--speed", "Plays an open load so many times faster: all its times are divided by this factor",
      true);
  option.read = [](RunRequest& request, std::string_view name, const std::string& text) -> Result<void> {
    const auto speed = parse_scale(text);
    if (!speed) {
      return Error{fmt::format("{}: '{}': expected a factor above 0, such as 2 or 1/2", name, text)};
    }
    request.speed = *speed;
    return {};
  };
  return option;
}

void add_scenario_rows(std::vector<RequestOption>& rows) {
  constexpr Group kGroup = Group::scenario;
  rows.push_back(row<&RunRequest::scenario>(kGroup, "scenario", "A scenario file, or the name of a shipped one"));
  rows.push_back(row<&RunRequest::target>(kGroup, "--target", "Base URL of the system under test"));
  rows.push_back(row<&RunRequest::seed>(kGroup, "--seed", "Makes the run reproducible (default: random, printed)"));
  rows.push_back(row<&RunRequest::threads>(kGroup, "--threads", "Worker threads (default: one for each core)"));
  rows.push_back(row<&RunRequest::settings>(kGroup, "--set", "key=value for setting(\"key\") in the scenario"));
  rows.push_back(row<&RunRequest::secrets>(kGroup, "--set-secret",
                                           "key=@FILE or key=env:NAME for secret(\"key\"): sent, never shown"));
  rows.push_back(row<&RunRequest::max_users>(kGroup, "--max-users",
                                             "Most virtual users at once (default: what this machine allows)"));
  rows.push_back(row<&RunRequest::catch_up>(kGroup, "--catch-up",
                                            "What to do with arrivals that a stall of this machine made late: burst, "
                                            "capped or skip (default: what the scenario says, else "
                                            "capped, at 1.2 times their rate)"));
  rows.push_back(row<&RunRequest::graceful_stop>(
      kGroup, "--graceful-stop", "How long iterations under way may take after the last arrival", true));
  rows.push_back(row<&RunRequest::contact>(
      kGroup, "--contact", "Address of the person responsible for this load; required beyond loopback"));
  rows.push_back(
      row<&RunRequest::ca_file>(kGroup, "--ca-file", "Certificate authorities to trust instead of the system's"));
  rows.push_back(row<&RunRequest::insecure>(kGroup, "--insecure", "Does not verify certificates"));
  rows.push_back(row<&RunRequest::allow_private_network>(kGroup, "--allow-private-network",
                                                         "Allows targets in private address ranges"));
}

void add_load_rows(std::vector<RequestOption>& rows) {
  constexpr Group kGroup = Group::load;
  rows.push_back(row<&RunRequest::load>(kGroup, "--load", "Which of the scenario's loads to play"));
  rows.push_back(row<&RunRequest::rate>(
      kGroup, "--rate", "With --duration: a constant rate of arrivals, such as 50/s, in place of a load"));
  rows.push_back(row<&RunRequest::duration>(kGroup, "--duration", "How long, such as 2m"));
  rows.push_back(
      row<&RunRequest::users>(kGroup, "--users", "With --duration: that many users who start again when done"));
  rows.push_back(row<&RunRequest::iterations>(kGroup, "--iterations", "With --users: that many iterations in all"));
  rows.push_back(row<&RunRequest::scale>(kGroup, "--scale", "Multiplies the load, such as 1/1000", true));
  rows.push_back(speed_row());
  rows.push_back(
      row<&RunRequest::thresholds>(kGroup, "--threshold", "A further threshold, such as 'all: error_rate < 1%'"));
  rows.push_back(row<&RunRequest::segment>(kGroup, "--segment", "Plays part i of n of the load, such as 2/8", true));
}

void add_session_rows(std::vector<RequestOption>& rows) {
  using S = SessionOptions;
  constexpr Group kGroup = Group::session;
  rows.push_back(kept(Kept::left_out,
                      row<&S::metrics_listen>(kGroup, "--metrics-listen", "Where /metrics is served, or off", true)));
  rows.push_back(
      kept(Kept::left_out,
           row<&S::metrics_names>(kGroup, "--metrics-name",
                                  "Another name of this machine; /metrics and the pages accept requests under it")));
  rows.push_back(
      kept(Kept::left_out, row<&S::json>(kGroup, "--json", "Writes the result as JSON to a file, or - for stdout")));
  rows.push_back(row<&S::mailbox>(kGroup, "--mailbox", "imap://HOST, imaps://HOST or maildir:DIR, for mailbox.wait"));
  rows.push_back(kept(Kept::withheld, row<&S::mailbox_user>(kGroup, "--mailbox-user", "User of the mailbox")));
  rows.push_back(
      row<&S::mailbox_password_file>(kGroup, "--mailbox-password-file", "File whose first line is its password"));
  rows.push_back(
      row<&S::consent_key>(kGroup, "--consent-key", "Public key, or its file, to verify the target's consent with"));
  rows.push_back(row<&S::skip_preflight>(
      kGroup, "--skip-preflight",
      "Skips the checks of the target's name, connection and certificate, and of the mailbox, before the run"));
  rows.push_back(kept(Kept::left_out, row<&S::history>(kGroup, "--history",
                                                       "The file that records the runs (default: history.sqlite in "
                                                       "the user's state directory)")));
  rows.push_back(kept(Kept::left_out, row<&S::no_history>(kGroup, "--no-history", "Does not record this run")));
}

void add_course_rows(std::vector<RequestOption>& rows) {
  using S = SessionOptions;
  constexpr Group kGroup = Group::course;
  rows.push_back(kept(
      Kept::left_out,
      row<&S::linger>(kGroup, "--linger",
                      "How long to wait at the end for a last scrape of /metrics, if there was one before", true)));
  rows.push_back(kept(Kept::left_out, row<&S::start_at>(kGroup, "--start-at",
                                                        "When the schedule starts: a time of today such as 12:00, or "
                                                        "2026-03-04T12:00+07:00 (default: now)")));
  rows.push_back(row<&S::no_early_stop>(kGroup, "--no-early-stop",
                                        "Continues the run even if the target answered no request in the first 30 s"));
}

}  // namespace

std::span<const RequestOption> request_options() {
  static const std::vector<RequestOption> kRows = [] {
    std::vector<RequestOption> rows;
    add_scenario_rows(rows);
    add_load_rows(rows);
    add_session_rows(rows);
    add_course_rows(rows);
    return rows;
  }();
  return kRows;
}

}  // namespace gelombang
