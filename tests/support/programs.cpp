#include "tests/support/programs.hpp"

#include <filesystem>
#include <stdexcept>

namespace gelombang::test {
namespace {

const std::string kPrograms = GELOMBANG_BINARY_DIR;

std::vector<std::string> run_arguments(const std::string& scenario, std::vector<std::string> arguments,
                                       const std::string& json) {
  std::vector<std::string> argv{kPrograms + "/gelombang", "run", scenario, "--json", json};
  bool metrics = false;
  for (const std::string& argument : arguments) metrics = metrics || argument == "--metrics-listen";
  if (!metrics) argv.insert(argv.end(), {"--metrics-listen", "off"});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

// Keeps the state that runs write out of the user's home.
ChildProcess::Options away_from_home() {
  static const TemporaryDirectory kState;
  ChildProcess::Options options;
  options.environment["XDG_STATE_HOME"] = kState.path();
  return options;
}

std::string curl(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"curl", "-sS", "--noproxy", "*", "--max-time", "20"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ChildProcess process(argv);
  if (process.wait() != 0) throw std::runtime_error("curl: " + process.standard_error());
  return process.standard_output();
}

}  // namespace

Sandbox::Sandbox(std::vector<std::string> further_arguments) {
  std::vector<std::string> argv{kPrograms + "/gelombang-sandbox",
                                "--listen",
                                "127.0.0.1:0",
                                "--data",
                                directory_.file("data"),
                                "--mail",
                                mailbox(),
                                "--accounts",
                                "10000",
                                "--hash-cost",
                                "low"};
  argv.insert(argv.end(), further_arguments.begin(), further_arguments.end());
  process_ = std::make_unique<ChildProcess>(argv);
  process_->wait_for_output("ready: ", std::chrono::seconds(60));
  const std::string out = process_->standard_output();
  const auto at = out.find("ready: ") + 7;
  url_ = out.substr(at, out.find('\n', at) - at);
}

boost::json::value Sandbox::counts() const { return boost::json::parse(http_get(url_ + "/_sandbox/counts")); }

void Sandbox::operate(const std::string& what, const std::string& json) const {
  http_post(url_ + "/_sandbox/" + what, json);
}

std::int64_t Sandbox::answered(const std::string& endpoint, int status) const {
  const auto all = counts();
  const auto* statuses = all.at("requests").as_object().if_contains(endpoint);
  if (statuses == nullptr) return 0;
  const auto* count = statuses->as_object().if_contains(std::to_string(status));
  return count == nullptr ? 0 : count->as_int64();
}

RunResult run_program(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  std::vector<std::string> argv{kPrograms + "/gelombang"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ChildProcess process(argv, away_from_home());
  RunResult result;
  result.exit_code = process.wait(limit);
  result.out = process.standard_output();
  result.err = process.standard_error();
  return result;
}

RunResult run_scenario(const std::string& scenario, std::vector<std::string> arguments,
                       std::chrono::milliseconds limit) {
  TemporaryDirectory directory;
  const auto process = start_scenario(scenario, std::move(arguments), directory.file("summary.json"));
  RunResult result;
  result.exit_code = process->wait(limit);
  result.out = process->standard_output();
  result.err = process->standard_error();
  const std::string text = read_file(directory.file("summary.json"));
  if (!text.empty()) result.summary = boost::json::parse(text);
  return result;
}

std::string in_haste(const std::string& scenario) {
  static const TemporaryDirectory kCopies;
  static const bool kMade = [] {
    const std::string hurry =
        "local unhurried = think; local function think(a, b) return unhurried(a / 10, b / 10) end ";
    for (const auto& entry : std::filesystem::directory_iterator(std::string(GELOMBANG_SOURCE_DIR) + "/scenarios")) {
      if (entry.path().extension() != ".lua") continue;
      write_file(kCopies.file(entry.path().filename().string()), hurry + read_file(entry.path().string()));
    }
    return true;
  }();
  static_cast<void>(kMade);
  return kCopies.file(scenario);
}

std::unique_ptr<ChildProcess> start_scenario(const std::string& scenario, std::vector<std::string> arguments,
                                             const std::string& json) {
  return std::make_unique<ChildProcess>(run_arguments(scenario, std::move(arguments), json), away_from_home());
}

const boost::json::object& step_of(const boost::json::value& summary, std::string_view full_name) {
  for (const auto& step : summary.at("steps").as_array()) {
    const auto& object = step.as_object();
    const std::string name =
        std::string(object.at("journey").as_string()) + "/" + std::string(object.at("name").as_string());
    if (name == full_name) return object;
  }
  throw std::runtime_error("no step " + std::string(full_name) + " in the summary");
}

double number(const boost::json::value& value) { return value.to_number<double>(); }

std::string http_get(const std::string& url) { return curl({url}); }

std::string http_post(const std::string& url, const std::string& json) {
  return curl({"-X", "POST", "-H", "Content-Type: application/json", "-d", json, url});
}

}  // namespace gelombang::test
