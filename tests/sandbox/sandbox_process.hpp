// The real program, started by a test on a free port.
#pragma once

#include "base/synthetic_person.hpp"
#include "tests/sandbox/http_client.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gelombang::test {

class SandboxProcess {
 public:
  // Adds --listen 127.0.0.1:0 and --hash-cost low where `arguments` do not say otherwise.
  explicit SandboxProcess(std::vector<std::string> arguments = {});

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string mail_directory() const;  // where it printed that mail goes to a Maildir
  ChildProcess& process() { return *process_; }

  // Operator's side; throws unless the answer is 2xx.
  boost::json::value call(const std::string& method, const std::string& path, const std::string& json = {});
  boost::json::value counts() { return call("GET", "/_sandbox/counts"); }
  // Asks for the counts until `done` says so; throws after 20 s.
  boost::json::value wait_for_counts(const std::function<bool(const boost::json::value&)>& done);

 private:
  std::unique_ptr<ChildProcess> process_;
  std::string url_;
};

// Logged in, or throws.
void log_in(HttpClient& client, const SyntheticPerson& person);
std::string credentials_json(const SyntheticPerson& person);
std::string identity_json(const SyntheticPerson& person);
// The number at a path such as "/requests/GET ~1/200" (JSON pointer); 0 where there is none.
std::int64_t number_at(const boost::json::value& counts, const std::string& pointer);
// Files of a Maildir folder, new and cur.
std::vector<std::string> mails_in(const std::string& folder);
// The link of a verification mail.
std::string link_in(const std::string& mail);

}  // namespace gelombang::test
