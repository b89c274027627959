#include "app/selftest_command.hpp"

#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/output_document.hpp"
#include "base/say.hpp"
#include "base/terminal.hpp"
#include "base/text_table.hpp"
#include "base/units.hpp"
#include "base/version.hpp"
#include "runs/play_loop.hpp"
#include "selftest/stage.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace gelombang {

extern const std::string_view kSelftestJourneys;  // selftest/journeys.lua

namespace {

using selftest::Check;
using selftest::Stage;
using selftest::Unit;

// The built-in scenario as a file in memory, which leaves nothing behind.
class ScenarioFile {
 public:
  ScenarioFile() : fd_(memfd_create("selftest", MFD_CLOEXEC)) {
    written_ = fd_ >= 0 && ::write(fd_, kSelftestJourneys.data(), kSelftestJourneys.size()) ==
                               static_cast<ssize_t>(kSelftestJourneys.size());
  }
  ~ScenarioFile() {
    if (fd_ >= 0) close(fd_);
  }
  ScenarioFile(const ScenarioFile&) = delete;
  ScenarioFile& operator=(const ScenarioFile&) = delete;
  [[nodiscard]] bool written() const noexcept { return written_; }
  [[nodiscard]] std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
  bool written_ = false;
};

// Prints a line for each stage. On a terminal the line counts the seconds.
class StageProgress {
 public:
  StageProgress(const Terminal& terminal, std::size_t stages) : terminal_(terminal), stages_(stages) {}

  void begin(const Stage& stage) {
    ++number_;
    line_ = fmt::format("  {}/{}  {:<10} {}", number_, stages_, stage.name, stage.title);
    say("{}{}", line_, terminal_.interactive() ? "" : "\n");
  }
  void another_second() {
    if (terminal_.interactive()) say("\r{}  {:.0f} s", line_, to_seconds(clock_.now() - begun_));
  }
  void stop() {
    if (terminal_.interactive()) say("\r\x1b[K{}  {}\n", line_, terminal_.paint(Color::yellow, "stopped"));
  }
  void end(std::size_t failed) {
    if (!terminal_.interactive()) return;
    say("\r\x1b[K{}  {}\n", line_,
        failed == 0 ? terminal_.paint(Color::green, "ok") : terminal_.paint(Color::red, fmt::format("{} off", failed)));
  }

 private:
  const Terminal& terminal_;
  SystemClock clock_;
  TimePoint begun_ = clock_.now();
  std::size_t stages_;
  std::size_t number_ = 0;
  std::string line_;
};

std::string as_table(const std::vector<Check>& checks, const Terminal& terminal) {
  TextTable table("lllrl");
  table.row({"stage", "what", "expected", "measured", ""});
  table.may_shorten(1, 24).may_shorten(0, 8);
  std::string stage;
  for (const Check& check : checks) {
    table.row({check.stage == stage ? "" : check.stage, check.what, check.expected(), check.measured(),
               check.holds() ? "ok" : "OFF"});
    stage = check.stage;
  }
  std::string text;
  for (const std::string& line : table.lines(terminal.text_width())) {
    const bool off = line.size() > 3 && line.compare(line.size() - 3, 3, "OFF") == 0;
    text += (off ? terminal.paint(Color::red, line) : line) + "\n";
  }
  return text;
}

std::string as_json(const std::vector<Check>& checks, Duration took, int exit_code) {
  namespace json = boost::json;
  const auto unit = [](Unit u) { return u == Unit::seconds ? "seconds" : u == Unit::yes ? "boolean" : "count"; };
  json::array rows;
  for (const Check& check : checks) {
    rows.push_back(json::object{{"stage", check.stage},
                                {"what", check.what},
                                {"unit", unit(check.unit)},
                                {"low", check.low},
                                {"high", check.high},    // infinity becomes null: no limit
                                {"value", check.value},  // NaN becomes null: nothing was measured
                                {"ok", check.holds()}});
  }
  return to_json_text(json::object{{"schema", "gelombang.selftest/1"},
                                   {"version", kVersion},
                                   {"ok", exit_code == 0},
                                   {"exit_code", exit_code},
                                   {"took_seconds", to_seconds(took)},
                                   {"checks", std::move(rows)}});
}

std::vector<Stage> chosen_stages(const SelftestSeam& seam) {
  std::vector<Stage> stages = selftest::all_stages();
  if (!seam.only.empty()) {
    stages.erase(std::remove_if(stages.begin(), stages.end(), [&](const Stage& s) { return s.name != seam.only; }),
                 stages.end());
  }
  if (seam.extra_stall) {
    stages.front().disturbance =
        selftest::Disturbance{selftest::Disturbance::Kind::stall, std::chrono::seconds(1), *seam.extra_stall};
  }
  return stages;
}

struct Played {
  std::vector<Check> checks;
  bool stopped = false;  // by a signal: `checks` holds the stages before it
};

Result<Played> play_all(const SelftestOptions& options, const SelftestSeam& seam, PlayLoop& loop) {
  const auto server = selftest::Server::start(seam.server_late_by);
  if (!server) return server.error();
  const ScenarioFile scenario;
  if (!scenario.written()) return Error{fmt::format("selftest: no memory for its scenario: {}", std::strerror(errno))};
  const std::vector<Stage> stages = chosen_stages(seam);
  const Terminal terminal(STDERR_FILENO, options.color);
  StageProgress progress(terminal, stages.size());
  Played played;
  std::vector<Check>& checks = played.checks;
  Duration scheduler{};
  for (const Stage& stage : stages) {
    progress.begin(stage);
    const auto figures = play(
        stage, {scenario.path(), options.threads, server->get(), &loop, [&progress] { progress.another_second(); }});
    if (!figures) return Error{fmt::format("selftest: {}: {}", stage.name, figures.error().message)};
    if (figures->stopped) {
      progress.stop();
      played.stopped = true;
      return played;
    }
    scheduler = std::max(scheduler, figures->scheduler.p99);
    std::vector<Check> found = stage.checks(*figures);
    progress.end(static_cast<std::size_t>(
        std::count_if(found.begin(), found.end(), [](const Check& check) { return !check.holds(); })));
    checks.insert(checks.end(), found.begin(), found.end());
  }
  checks.push_back(selftest::scheduler_check(scheduler));
  return played;
}

}  // namespace

int run_selftest(const SelftestOptions& options, const SelftestSeam& seam) {
  const SystemClock clock;
  const TimePoint begin = clock.now();
  OutputDocument json(options.json);
  if (const auto refused = begin_output("--json", json, {})) return *refused;
  if (const auto refused = refuse_output("--json", json)) return *refused;
  say("gelombang {} selftest: the real engine against a server whose answers are known\n", kVersion);
  PlayLoop loop(clock);
  loop.listen("a result", nullptr);
  const auto played = play_all(options, seam, loop);
  if (!played) return refuse(ExitCause::configuration, played.error().message);
  const std::vector<Check>& checks = played->checks;
  const Duration took = clock.now() - begin;
  const auto off = std::count_if(checks.begin(), checks.end(), [](const Check& check) { return !check.holds(); });
  const ExitCause cause = played->stopped ? ExitCause::stopped : ExitCause::invalid_run;
  const int code = off == 0 && !played->stopped ? 0 : static_cast<int>(cause);
  const bool json_on_stdout = options.json == "-";
  const Terminal out(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, options.color);
  const std::string text =
      fmt::format("\n{}\n{} of {} checks hold, in {}.\n", as_table(checks, out),
                  checks.size() - static_cast<std::size_t>(off), checks.size(), format_duration(took));
  if (json_on_stdout) {
    say("{}", text);
  } else {
    print(text);
  }
  if (played->stopped) {
    refuse(cause, fmt::format("exit {}: stopped by a signal: the rest was not checked", code));
  } else if (code != 0) {
    refuse(cause, fmt::format("exit {}: {} of {} checks are off: on this machine, as busy as it "
                              "is now, figures cannot be believed",
                              code, off, checks.size()));
  }
  return options.json.empty() ? code : with_output(code, "--json", json, as_json(checks, took, code));
}

}  // namespace gelombang
