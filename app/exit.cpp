#include "app/exit.hpp"

#include "base/json_writer.hpp"
#include "base/say.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace gelombang {

std::string printable_lines(std::string_view why) {
  std::string out;
  for (;;) {
    const std::size_t end = std::min(why.find('\n'), why.size());
    out += printable(why.substr(0, end));
    if (end == why.size()) return out;
    out += "\n  ";  // quoted text must not look like a line of ours
    why.remove_prefix(end + 1);
  }
}

int refuse(ExitCause cause, std::string_view why) {
  say("gelombang: {}\n", printable_lines(why));
  return static_cast<int>(cause);
}

std::optional<int> refuse_output(std::string_view what, OutputDocument& document, const std::string& input) {
  const auto usable = document.usable();
  const bool own_input = !input.empty() && document.names(input);
  if (usable && !own_input) return std::nullopt;
  document.leave();
  const std::string why =
      usable ? fmt::format("{} is the file that this command reads", input) : usable.error().message;
  return refuse(ExitCause::configuration, fmt::format("{}: {}", what, why));
}

std::optional<int> begin_output(std::string_view what, OutputDocument& document,
                                const std::vector<std::string>& others) {
  std::string why;
  for (const std::string& other : others) {
    if (document.names(other)) why = fmt::format("{} is used by the run itself", other);
  }
  if (why.empty()) {
    const auto aside = document.set_aside();
    if (aside) return std::nullopt;
    why = aside.error().message;
  }
  document.leave();
  return refuse(ExitCause::configuration, fmt::format("{}: {}", what, why));
}

int with_output(int code, const Result<void>& written) {
  if (written) return code;
  if (code == 0) return refuse(ExitCause::output, fmt::format("exit 114: {}", written.error().message));
  say("gelombang: {}\n", printable_lines(written.error().message));
  return code;
}

int with_output(int code, std::string_view what, OutputDocument& document, std::string_view text) {
  document.write(text);
  const auto written = document.finish();
  if (written) return code;
  return with_output(code, Error{fmt::format("{}: {}", what, written.error().message)});
}

void leave_on_signals() {
  // Only what a signal handler may call.
  const auto leave_now = [](int) {
    constexpr std::string_view kWhy = "gelombang: stopped by a signal before the start; nothing was sent\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWhy.data(), kWhy.size());
    std::_Exit(static_cast<int>(ExitCause::stopped));
  };
  std::signal(SIGINT, leave_now);
  std::signal(SIGTERM, leave_now);
}

void leave(int exit_code) {
  const int code = with_output(exit_code, all_printed());
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace gelombang
