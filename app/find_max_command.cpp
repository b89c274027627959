#include "app/find_max_command.hpp"

#include "app/exit.hpp"
#include "app/load_session.hpp"
#include "base/command_line.hpp"
#include "base/output_document.hpp"
#include "base/say.hpp"
#include "base/terminal.hpp"
#include "base/units.hpp"
#include "base/version.hpp"
#include "capacity/prober.hpp"
#include "capacity/report_text.hpp"
#include "capacity/result_json.hpp"
#include "capacity/search.hpp"
#include "capacity/slo_verdict.hpp"
#include "probes/consent/guard.hpp"
#include "runs/rate_chart.hpp"
#include "runs/session_setup.hpp"
#include "runs/target_admission.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace gelombang {
namespace {

using capacity::ProberOptions;
using capacity::SearchSettings;

constexpr Duration kShortestProbe = std::chrono::seconds(2);

// "5%" or "0.05".
Result<double> parse_precision(const std::string& text) {
  const bool percent = !text.empty() && text.back() == '%';
  double value = 0;
  const char* end = text.data() + text.size() - (percent ? 1 : 0);
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (percent) value /= 100;
  if (error != std::errc() || at != end || !(value >= 0.001 && value <= 1)) {
    return Error{fmt::format("--precision '{}': expected 0.1% to 100%", text)};
  }
  return value;
}

Result<double> positive_rate(const char* flag, const std::string& text) {
  const auto rate = parse_rate(text);
  if (!rate) return Error{fmt::format("{}: {}", flag, rate.error().message)};
  if (rate->per_second() == 0) return Error{fmt::format("{} is 0: expected more", flag)};
  return rate->per_second();
}

Result<Duration> duration_of(const char* flag, const std::string& text) {
  auto duration = parse_duration(text);
  if (!duration) return Error{fmt::format("{}: {}", flag, duration.error().message)};
  return duration;
}

Result<SearchSettings> read_settings(const FindMaxOptions& options) {
  SearchSettings settings;
  const auto low = positive_rate("--min-rate", options.min_rate);
  if (!low) return low.error();
  const auto high = positive_rate("--max-rate", options.max_rate);
  if (!high) return high.error();
  if (*low > *high) {
    return Error{fmt::format("--min-rate {} is above --max-rate {}", options.min_rate, options.max_rate)};
  }
  settings.options.min_rate = *low;
  settings.options.max_rate = *high;
  const auto precision = parse_precision(options.precision);
  if (!precision) return precision.error();
  settings.options.precision = *precision;
  if (options.repeat % 2 == 0 || options.repeat > 99) {
    return Error{fmt::format("--repeat {}: expected an odd number up to 99: the majority decides", options.repeat)};
  }
  settings.options.repeat = options.repeat;
  for (const auto& [flag, text, into] : {std::tuple("--probe", &options.probe, &settings.probe),
                                         std::tuple("--warm-up", &options.warm_up, &settings.warm_up),
                                         std::tuple("--cool-down", &options.cool_down, &settings.cool_down)}) {
    const auto duration = duration_of(flag, *text);
    if (!duration) return duration.error();
    *into = *duration;
  }
  if (settings.probe < kShortestProbe) {
    return Error{fmt::format("--probe {}: expected at least {}", options.probe, format_duration(kShortestProbe))};
  }
  return settings;
}

// Plans the first probe: an error that can be seen in it concerns all probes.
Result<capacity::ProbePlan> check_first(const ProberOptions& options, const SearchSettings& settings) {
  auto plan = capacity::plan_probe(options, {1, settings.options.min_rate, false, settings.warm_up + settings.probe});
  if (!plan) return plan.error();
  const PreparedRun& run = plan->run;
  if (!run.target) {
    return Error{"--target is missing: the base URL to play against, such as http://127.0.0.1:8080"};
  }
  const std::vector<Load>& loads = run.scenario.loads;
  if (!loads.empty() && std::none_of(loads.begin(), loads.end(), [](const Load& load) { return load.open(); })) {
    return Error{fmt::format(
        "{}: its loads are all closed, with users who start again when they are done: there is no rate of arrivals to "
        "raise",
        run.scenario.path)};
  }
  if (const auto usable = check_session(options.run.session, run); !usable) return usable.error();
  return plan;
}

// Whether the target can be reached, and whether its owner consents to the highest rate of the search. An arrival makes
// at least one request.
std::optional<ExitReason> check_target(const capacity::ProbePlan& plan, double max_rate) {
  const SystemClock clock;
  auto guarded = guard_options(plan.request, plan.run.plan);
  if (!guarded) return ExitReason{ExitCause::configuration, guarded.error().message};
  const AddressResolver resolve = guarded->resolve = resolve_once();
  ConsentGuard guard(std::move(*guarded), clock);
  const TargetUrl& target = *plan.run.target;
  const TargetAdmission admission =
      admit_target(target, plan.run.plan, guard, resolve,
                   plan.request.session.skip_preflight ? FirstLook::skipped : FirstLook::taken);
  if (admission.refusal) return admission.refusal;
  Duration interval{};
  if (const auto mailbox = open_mailbox(plan.request, clock, interval); !mailbox) {
    return ExitReason{ExitCause::configuration, mailbox.error().message};
  }
  const auto consented = guard.consented_rate(target.host);
  if (!consented || max_rate <= consented->per_second()) return std::nullopt;
  return ExitReason{ExitCause::refused,
                    fmt::format("--max-rate {} is over the {} requests that {} consents to: lower it",
                                format_rate(Rate::per_second(max_rate)), format_rate(*consented), target.host)};
}

void announce(const ProberOptions& options, const SearchSettings& settings, const capacity::ProbePlan& plan) {
  say("gelombang {}  search {}  seed {}\n", kVersion, options.search, options.seed);
  say("scenario {}  target {}\n", plan.run.scenario.name, plan.run.target->text);
  say("from {} to {}, probes of {} after {} of warm-up\n", format_rate(Rate::per_second(settings.options.min_rate)),
      format_rate(Rate::per_second(settings.options.max_rate)), format_duration(settings.probe),
      format_duration(settings.warm_up));
  if (options.run.insecure) say("warning: --insecure: certificates are not verified\n");
}

}  // namespace

int find_max(const FindMaxOptions& options, bool color) {
  ReadRequest read = options.given.read();
  RunRequest& request = read.request;
  request.session.color = color;
  OutputDocument json(request.session.json);
  if (const auto refused = begin_output("--json", json, files_of(request))) return *refused;
  if (read.problem) return refuse(ExitCause::configuration, read.problem->message);
  const auto settings = read_settings(options);
  if (!settings) return refuse(ExitCause::configuration, settings.error().message);
  ProberOptions prober_options{request, {}, {}, 0, settings->warm_up};
  std::vector<std::string>& slos = prober_options.slos;
  for (const std::string& text : options.slos) {
    const auto slo = parse_threshold(text);
    if (!slo) return refuse(ExitCause::configuration, "--slo: " + slo.error().message);
    if (slo->abort) {
      return refuse(
          ExitCause::configuration,
          fmt::format("--slo '{}': a probe stops by itself when an objective breaks: leave 'abort' out", text));
    }
    const std::string& written = slo->expression;
    if (std::find(slos.begin(), slos.end(), written) == slos.end()) slos.push_back(written);
  }
  const SystemClock clock;
  prober_options.search = new_run_id(clock.wall_now());
  prober_options.seed = request.seed ? *request.seed : random_seed();
  const auto first = check_first(prober_options, *settings);
  if (!first) return refuse(ExitCause::configuration, first.error().message);
  if (const auto refused = refuse_output("--json", json)) return *refused;
  leave_on_signals();
  if (const auto no = check_target(*first, settings->options.max_rate)) {
    return refuse(no->cause, no->text);
  }
  announce(prober_options, *settings, *first);
  capacity::Prober prober(prober_options);
  const capacity::SearchResult result = capacity::search(
      *settings,
      {[&prober](const capacity::ProbeOrder& order, const SearchAnswer& known) { return prober.play(order, known); },
       [&prober](Duration length) { return prober.pause(length); }});
  const bool json_on_stdout = request.session.json == "-";
  ChartStyle style = chart_style();
  if (json_on_stdout) {
    style.tables = Terminal(STDERR_FILENO, false).text_width();
    style.width = Terminal(STDERR_FILENO, false).size().columns;
  }
  const std::string text =
      capacity::result_text(result, slos, capacity::SloVerdict::curve_metric(first->run.thresholds), style);
  if (json_on_stdout) {
    say("{}", text);
  } else {
    print(text);
  }
  const capacity::SearchVerdict verdict = capacity::verdict_of(result);
  if (verdict.exit_code != 0) say("gelombang: exit {}: {}\n", verdict.exit_code, printable_lines(verdict.text));
  int code = verdict.exit_code;
  if (!request.session.json.empty()) {
    code = with_output(code, "--json", json, capacity::result_json(result, *settings, prober_options));
  }
  if (const auto& lost = prober.lost_history()) code = with_output(code, Error{*lost});
  if (prober.left_behind()) leave(code);
  return code;
}

void add_find_max_command(CLI::App& parent, FindMaxOptions& options, const bool& color, std::function<int()>& command) {
  CLI::App* sub =
      parent.add_subcommand("find-max", "Finds the highest rate that a target serves within its objectives");
  sub->footer(
      "Plays the scenario at rates that double until an objective breaks, then halves the gap. Each probe is a run of\n"
      "its own in the history.\n\nExample:\n  gelombang find-max login.lua --target http://127.0.0.1:8080 \\\n"
      "    --slo 'log in: response_time p95 < 800ms' --slo 'all: error_rate < 0.5%' --max-rate 200/s");
  sub->add_option("--slo", options.slos, "An objective, written as a threshold; replaces the scenario's thresholds")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  sub->add_option("--min-rate", options.min_rate, "The lowest rate of arrivals, at which the search begins")
      ->capture_default_str();
  sub->add_option("--max-rate", options.max_rate, "The highest rate of arrivals; the owner's consent must allow it")
      ->capture_default_str();
  sub->add_option("--probe", options.probe, "How long a probe is judged")->capture_default_str();
  sub->add_option("--warm-up", options.warm_up, "How long each probe plays at its rate before it is judged")
      ->capture_default_str();
  sub->add_option("--cool-down", options.cool_down, "The pause between probes")->capture_default_str();
  sub->add_option("--precision", options.precision,
                  "Relative gap between the highest rate that held and the lowest that broke")
      ->capture_default_str();
  add_number_option(*sub, "--repeat", options.repeat, "Probes of a rate at most, of which the majority decides; odd")
      ->capture_default_str();
  options.given.add_to(*sub, {RequestOption::Group::scenario, RequestOption::Group::session});
  sub->callback([&] { command = [&] { return find_max(options, color); }; });
}

}  // namespace gelombang
