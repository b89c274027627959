// A run whose mailbox fails: hidden mails count as neither late nor lost, and the verdict does not judge the target by
// them.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>
#include <string>

namespace gelombang::test {
namespace {

// An IMAP server with an empty inbox that ends all connections after a few looks.
class FailingImap {
 public:
  [[nodiscard]] std::string url() const { return "imap://127.0.0.1:" + std::to_string(server_.port()); }

 private:
  static std::string hear(RawConnection& connection) {
    std::string line;
    for (std::string byte = connection.read_bytes(1); !byte.empty() && byte != "\n"; byte = connection.read_bytes(1)) {
      line += byte;
    }
    return line;
  }
  void play(RawConnection& connection) {
    if (looks_ > 2) return;
    connection.send("* OK ready\r\n");
    for (std::string line = hear(connection); !line.empty(); line = hear(connection)) {
      const std::string tag = line.substr(0, line.find(' '));
      if (line.find(" NOOP") != std::string::npos && ++looks_ > 2) return;
      if (line.find(" CAPABILITY") != std::string::npos) connection.send("* CAPABILITY IMAP4rev1\r\n");
      if (line.find(" SELECT") != std::string::npos) connection.send("* OK [UIDVALIDITY 7] valid\r\n");
      if (line.find(" SEARCH") != std::string::npos) connection.send("* SEARCH\r\n");
      connection.send(tag + " OK done\r\n");
    }
  }

  std::atomic<int> looks_ = 0;
  RawServer server_{[this](RawConnection& connection) { play(connection); }};
};

}  // namespace

TEST_CASE("mailbox: what a failing mailbox hides is its own fault, and no verdict about the mail", "[integration]") {
  FailingImap imap;
  RawServer portal(keep_alive([](const std::string&) { return http_answer("ok"); }));
  const TemporaryDirectory directory;
  write_file(directory.file("password"), "secret\n");
  write_file(directory.file("mail.lua"),
             "local ask = step 'ask for mail'\n"
             "return scenario { journeys = { applicant = { run = function() ask(function()\n"
             "  http.get '/'\n"
             "  mailbox.wait { to = 'budi@portal.test', expected_within = '30s', give_up_after = '60s' }\n"
             "end) end } }, thresholds = { 'all: mail_delivery p95 < 30s' } }\n");
  const RunResult run = run_scenario(directory.file("mail.lua"),
                                     {"--target", portal.url(""), "--mailbox", imap.url(), "--mailbox-user", "u",
                                      "--mailbox-password-file", directory.file("password"), "--rate", "10/s",
                                      "--duration", "3s", "--graceful-stop", "100ms", "--seed", "1", "--no-history"});
  INFO(run.out << run.err);
  const auto& summary = run.summary.as_object();
  const auto& email = summary.at("email").as_object();
  CHECK(number(email.at("hidden")) > 0);
  CHECK(number(email.at("lost")) == 0);
  CHECK(number(email.at("late")) == 0);
  CHECK(summary.at("validity").as_object().at("state").as_string() == "degraded");
  CHECK(summary.at("thresholds").as_array().at(0).as_object().at("state").as_string() == "no_data");
  const auto& errors = step_of(run.summary, "applicant/ask for mail").at("errors").as_object();
  CHECK(number(errors.at("mailbox_unreachable")) == number(email.at("hidden")));
  CHECK(number(step_of(run.summary, "applicant/ask for mail").at("failures")) == 0);
  CHECK(run.exit_code == 113);
}

}  // namespace gelombang::test
