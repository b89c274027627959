#include "app/cli.hpp"

#include "app/check_command.hpp"
#include "app/compare_command.hpp"
#include "app/consent_command.hpp"
#include "app/exit.hpp"
#include "app/find_max_command.hpp"
#include "app/given_options.hpp"
#include "app/history_command.hpp"
#include "app/load_session.hpp"
#include "app/report_command.hpp"
#include "app/selftest_command.hpp"
#include "base/command_line.hpp"
#include "base/log.hpp"
#include "base/output_document.hpp"
#include "base/say.hpp"
#include "base/version.hpp"
#include "runs/clean_log.hpp"
#include "runs/live_block.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace gelombang {
namespace {

using Group = RequestOption::Group;

void add_run_command(CLI::App& app, GivenOptions& given, const bool& color, std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand("run", "Plays a scenario against a target and judges its thresholds");
  sub->footer("Example:\n  gelombang run login.lua --target http://127.0.0.1:8080 --rate 20/s --duration 1m");
  given.add_to(*sub, {Group::scenario, Group::load, Group::session, Group::course});
  sub->callback([&] {
    command = [&] {
      ReadRequest read = given.read();
      read.request.session.color = color;
      return run_load(read);
    };
  });
}

void add_check_command(CLI::App& app, GivenOptions& given, bool& fetch, CheckWatchOptions& watch,
                       std::function<int()>& command) {
  CLI::App* sub = app.add_subcommand(
      "check",
      "Validates a scenario or a watch file and says what it would do and need; without --fetch it sends nothing");
  sub->footer("Example:\n  gelombang check portal_mix.lua --load opening --scale 1/10");
  given.add_to(*sub, {Group::scenario, Group::load});
  sub->add_flag("--fetch", fetch, "If the load comes from Prometheus: sends it one query");
  sub->add_option("--location", watch.location, "Of a watch file: the place that plays it (default: as the file says)");
  sub->add_option("--base-rate", watch.base_rate,
                  "Of a watch file: the share of visits that fail though all is well, for the forecast of false alerts")
      ->capture_default_str();
  sub->add_option("--prometheus-retention", watch.retention,
                  "Of a watch file: how long your Prometheus keeps figures, such as 40d");
  sub->callback([&] { command = [&] { return check_scenario(given.read(), fetch, watch); }; });
}

void add_selftest_command(CLI::App& app, SelftestOptions& selftest, std::function<int()>& command) {
  CLI::App* sub =
      app.add_subcommand("selftest", "Shows in half a minute whether figures from this machine can be believed");
  sub->footer(
      "Plays the real engine against a server of its own on 127.0.0.1, whose delays, failures and freezes are known,\n"
      "and compares. Exits 0, or 111 where anything is off.\n\nExample:\n  gelombang selftest --json selftest.json");
  add_number_option(*sub, "--threads", selftest.threads, "Worker threads (default: one for each core)");
  sub->add_option("--json", selftest.json, "Writes the checks as JSON to a file, or - for stdout");
  sub->callback([&] { command = [&] { return run_selftest(selftest); }; });
}

// The first option with an empty value, such as --json "$OUT" with OUT unset: it would silently do nothing.
std::string option_without_value(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string>& given = option->results();
    if (std::find(given.begin(), given.end(), "") != given.end()) return option->get_name();
  }
  for (const CLI::App* chosen : command.get_subcommands()) {
    if (std::string found = option_without_value(*chosen); !found.empty()) return found;
  }
  return {};
}

int refuse_empty(const std::string& option) {
  return refuse(ExitCause::configuration, option + ": expected a value, not an empty text");
}

// The options of the command line and where their values go. `command` is the chosen command.
struct GelombangCommands {
  CLI::App app{"gelombang plays what applicants do on a registration portal, and measures what they meet"};
  std::string log_level = "info";
  bool no_color = false;
  bool color = true;
  GivenOptions run;
  GivenOptions check;
  bool fetch = false;
  CheckWatchOptions check_watch;
  FindMaxOptions find_max;
  SelftestOptions selftest;
  HistoryOptions history;
  ReportOptions report;
  CompareOptions compare;
  std::function<int()> command;

  GelombangCommands() {
    app.footer(
        "Examples:\n  gelombang check login.lua\n  gelombang run login.lua --target http://127.0.0.1:8080\n\n"
        "Exit codes: 0 passed, 99 a threshold failed, 104 invalid configuration, 105 stopped by a signal,\n"
        "107 script error, 111 the run is invalid, 112 no consent, 113 no data or no target,\n"
        "114 what was asked for could not be written");
    app.set_version_flag("--version", std::string("gelombang ") + kVersion);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--log-level", log_level, "trace, debug, info, warning, error or off")->capture_default_str();
    app.add_flag("--no-color", no_color, "No colour");
    add_run_command(app, run, color, command);
    add_check_command(app, check, fetch, check_watch, command);
    add_find_max_command(app, find_max, color, command);
    add_selftest_command(app, selftest, command);
    add_history_command(app, history, command);
    add_report_command(app, report, command);
    add_compare_command(app, compare, command);
    add_consent_command(app, command);
  }
};

int parse_and_run(int argc, char** argv) {
  GelombangCommands given;
  CLI::App& app = given.app;
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) names.push_back(sub->get_name());
  if (argc > 1 && argv[1][0] != '-' && std::find(names.begin(), names.end(), argv[1]) == names.end()) {
    return refuse(ExitCause::configuration,
                  fmt::format("unknown command '{}': expected one of {}", argv[1], fmt::join(names, ", ")));
  }
  if (const auto empty = option_left_empty(app, argc, argv)) return refuse_empty(*empty);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    std::ostringstream text;
    const int code = app.exit(done, text, text);
    print(text.str());
    return code;
  } catch (const CLI::ParseError& problem) {
    return refuse(ExitCause::configuration, problem.what());
  }
  if (const std::string empty = option_without_value(app); !empty.empty()) {
    return refuse_empty(empty);
  }
  const auto log = init_log(given.log_level, !given.no_color);
  if (!log) return refuse(ExitCause::configuration, log.error().message);
  clean_log();
  given.selftest.color = given.compare.color = given.color = !given.no_color;
  return given.command();
}

}  // namespace

void show_commands(const std::function<void(const CLI::App&)>& look) { look(GelombangCommands().app); }

int run_command_line(int argc, char** argv) {
  // A connection that its peer closes early is a result to record. libcurl leaves SIGPIPE to the program.
  std::signal(SIGPIPE, SIG_IGN);
  // The code that writes a file reports the file size limit, as it reports a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  reserve_standard_descriptors();
  try {
    const int code = parse_and_run(argc, argv);
    return with_output(code, all_printed());
  } catch (const std::exception& fault) {
    say("{}gelombang: internal error: {}\n", block_makes_way(), fault.what());
    return 1;
  }
}

}  // namespace gelombang
