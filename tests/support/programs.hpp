// The two programs as a user runs them, for end-to-end tests.
#pragma once

#include "tests/support/child_process.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang::test {

// The stand-in portal with its mailbox, on a free port, with data of its own.
class Sandbox {
 public:
  explicit Sandbox(std::vector<std::string> further_arguments = {});
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string mailbox() const { return "maildir:" + directory_.file("mail"); }
  // What it counted: GET /_sandbox/counts.
  [[nodiscard]] boost::json::value counts() const;
  // POST to /_sandbox/<what>.
  void operate(const std::string& what, const std::string& json = "") const;
  // How often an endpoint such as "POST /api/sessions" answered `status`.
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
  boost::json::value summary;  // null where none was written
};

// `gelombang ARGUMENTS`, waited for.
RunResult run_program(const std::vector<std::string>& arguments,
                      std::chrono::milliseconds limit = std::chrono::seconds(120));
// `gelombang run SCENARIO ARGUMENTS --json FILE`, without /metrics unless the arguments ask for it.
RunResult run_scenario(const std::string& scenario, std::vector<std::string> arguments,
                       std::chrono::milliseconds limit = std::chrono::seconds(120));
// Started, not waited for; `json` is where the summary will be.
std::unique_ptr<ChildProcess> start_scenario(const std::string& scenario, std::vector<std::string> arguments,
                                             const std::string& json);

// A shipped scenario in which people think for a tenth of the time: for tests of what they send, not of when.
std::string in_haste(const std::string& scenario);

// A step of a summary by its full name "journey/step"; throws where there is none.
const boost::json::object& step_of(const boost::json::value& summary, std::string_view full_name);
double number(const boost::json::value& value);

// One answer over HTTP from 127.0.0.1, body only.
std::string http_get(const std::string& url);
std::string http_post(const std::string& url, const std::string& json);

}  // namespace gelombang::test
