#include "tests/sandbox/sandbox_process.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace gelombang::test {

namespace json = boost::json;

namespace {

bool given(const std::vector<std::string>& arguments, const char* flag) {
  return std::find(arguments.begin(), arguments.end(), flag) != arguments.end();
}

// The rest of the line of `text` that starts with `start`.
std::string line_after(const std::string& text, const std::string& start) {
  const std::size_t at = text.find(start);
  if (at == std::string::npos) throw std::runtime_error("no '" + start + "' in:\n" + text);
  const std::size_t begin = at + start.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

SandboxProcess::SandboxProcess(std::vector<std::string> arguments) {
  if (!given(arguments, "--listen")) arguments.insert(arguments.end(), {"--listen", "127.0.0.1:0"});
  if (!given(arguments, "--hash-cost")) arguments.insert(arguments.end(), {"--hash-cost", "low"});
  arguments.insert(arguments.begin(), GELOMBANG_SANDBOX_PROGRAM);
  process_ = std::make_unique<ChildProcess>(arguments);
  process_->wait_for_output("ready: ", std::chrono::seconds(30));
  url_ = line_after(process_->standard_output(), "ready: ");
}

std::string SandboxProcess::mail_directory() const { return line_after(process_->standard_output(), "mail: maildir:"); }

json::value SandboxProcess::call(const std::string& method, const std::string& path, const std::string& text) {
  HttpClient client(url_);
  const HttpReply reply = client.request(method, path, text, {{"Content-Type", "application/json"}});
  if (reply.status / 100 != 2) throw std::runtime_error(path + ": " + std::to_string(reply.status) + " " + reply.body);
  return json::parse(reply.body);
}

json::value SandboxProcess::wait_for_counts(const std::function<bool(const json::value&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    json::value now = counts();
    if (done(now)) return now;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the counts never became as expected");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string credentials_json(const SyntheticPerson& person) {
  return R"({"email":")" + person.email + R"(","password":")" + person.password.reveal() + R"("})";
}

std::string identity_json(const SyntheticPerson& person) {
  return R"({"nik":")" + person.nik + R"(","kk":")" + person.kk + R"(","birth_date":")" + person.birth_date + R"("})";
}

void log_in(HttpClient& client, const SyntheticPerson& person) {
  const HttpReply reply = client.post_json("/api/sessions", credentials_json(person));
  if (reply.status != 200) throw std::runtime_error("login: " + std::to_string(reply.status) + " " + reply.body);
}

std::int64_t number_at(const json::value& counts, const std::string& pointer) {
  json::error_code ec;
  const json::value* value = counts.find_pointer(pointer, ec);
  return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

std::vector<std::string> mails_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const char* part : {"/new", "/cur"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder + part)) files.push_back(entry.path());
  }
  return files;
}

std::string link_in(const std::string& mail) {
  // The text part. Quoted-printable is decoded as far as a link needs it.
  std::string text = mail;
  for (std::size_t at = text.find("=\r\n"); at != std::string::npos; at = text.find("=\r\n")) text.erase(at, 3);
  for (std::size_t at = text.find("=3D"); at != std::string::npos; at = text.find("=3D")) text.replace(at, 3, "=");
  const std::size_t start = text.find("http");
  if (start == std::string::npos) throw std::runtime_error("no link in the mail");
  return text.substr(start, text.find("\r\n", start) - start);
}

}  // namespace gelombang::test
