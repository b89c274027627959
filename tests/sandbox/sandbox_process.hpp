// The real sandbox program, started by a test on a free port.
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
  // Adds --listen 127.0.0.1:0 and --hash-cost low if `arguments` do not set them.
  explicit SandboxProcess(std::vector<std::string> arguments = {});

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string mail_directory() const;  // from the printed line about the Maildir
  ChildProcess& process() { return *process_; }

  // A call of the operator's API. Throws if the status is not 2xx.
  boost::json::value call(const std::string& method, const std::string& path, const std::string& json = {});
  boost::json::value counts() { return call("GET", "/_sandbox/counts"); }
  // Asks for the counts until `done` returns true. Throws after 20 s.
  boost::json::value wait_for_counts(const std::function<bool(const boost::json::value&)>& done);

 private:
  std::unique_ptr<ChildProcess> process_;
  std::string url_;
};

// Throws if the login fails.
void log_in(HttpClient& client, const SyntheticPerson& person);
std::string credentials_json(const SyntheticPerson& person);
std::string identity_json(const SyntheticPerson& person);
// The number at a JSON pointer such as "/requests/GET ~1/200". 0 if there is none.
std::int64_t number_at(const boost::json::value& counts, const std::string& pointer);
// The files in new and cur of a Maildir folder.
std::vector<std::string> mails_in(const std::string& folder);
// The link of a verification mail.
std::string link_in(const std::string& mail);

}  // namespace gelombang::test
