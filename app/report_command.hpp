// `gelombang report RUN`: a run of the history as one HTML page, as Markdown, JSON or JUnit's XML. docs/report.md.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace gelombang {

struct ReportOptions {
  std::string run;  // id, its beginning, or "last"
  std::string format = "html";
  std::string out;   // a file; empty or "-": stdout
  std::string file;  // of the history; empty: the default one
};

// Adds the command. If the user chooses it, `command` makes the report and returns the exit code.
void add_report_command(CLI::App& parent, ReportOptions& options, std::function<int()>& command);

}  // namespace gelombang
