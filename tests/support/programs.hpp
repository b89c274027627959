// Runs the two programs as a user does, for end-to-end tests.
#pragma once

#include "tests/support/child_process.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang::test {

// The sandbox portal with its mailbox, on a free port, with its own data.
class Sandbox {
 public:
  explicit Sandbox(std::vector<std::string> further_arguments = {});
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string mailbox() const { return "maildir:" + directory_.file("mail"); }
  // The sandbox's counts: GET /_sandbox/counts.
  [[nodiscard]] boost::json::value counts() const;
  // POST to /_sandbox/<what>.
  void operate(const std::string& what, const std::string& json = "") const;
  // How often the sandbox answered an endpoint such as "POST /api/sessions" with `status`.
  [[nodiscard]] std::int64_t answered(const std::string& endpoint, int status) const;
  ChildProcess& process() { return *process_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string url_;
};

struct RunResult {
  int exit_code = -1;
  std::string out;
  std::string err;
  boost::json::value summary;  // null if no summary was written
};

// Runs `gelombang ARGUMENTS` and waits for the end.
RunResult run_program(const std::vector<std::string>& arguments,
                      std::chrono::milliseconds limit = std::chrono::seconds(120));
// Runs `gelombang run SCENARIO ARGUMENTS --json FILE`, without /metrics unless the arguments ask for it.
RunResult run_scenario(const std::string& scenario, std::vector<std::string> arguments,
                       std::chrono::milliseconds limit = std::chrono::seconds(120));
// Starts a run and does not wait for it. The run writes its summary to `json`.
std::unique_ptr<ChildProcess> start_scenario(const std::string& scenario, std::vector<std::string> arguments,
                                             const std::string& json);

// A shipped scenario in which people think for a tenth of the time: for tests of which requests are sent, not of when.
std::string in_haste(const std::string& scenario);

// A step of a summary by its full name "journey/step". Throws if the summary has no such step.
const boost::json::object& step_of(const boost::json::value& summary, std::string_view full_name);
double number(const boost::json::value& value);

// One request to 127.0.0.1. Returns the body of the response.
std::string http_get(const std::string& url);
std::string http_post(const std::string& url, const std::string& json);

}  // namespace gelombang::test
