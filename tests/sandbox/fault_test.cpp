#include "tests/sandbox/sandbox_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/specimen.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

void set_fault(SandboxProcess& sandbox, const std::string& json) { sandbox.call("POST", "/_sandbox/faults", json); }

std::chrono::duration<double> time_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - start;
}

std::string email_json(int i) {
  return R"({"email":"baru)" + std::to_string(i) + R"(@peserta.test","password":"rahasia1"})";
}

}  // namespace

TEST_CASE("faults: a frozen server answers nothing, then everything") {
  SandboxProcess sandbox({"--accounts", "1", "--threads", "2"});
  HttpClient client(sandbox.url());
  REQUIRE(client.get("/masuk").status == 200);
  sandbox.call("POST", "/_sandbox/freeze", R"({"ms":500})");
  const auto time = time_of([&] {
    std::this_thread::sleep_for(100ms);  // the freeze begins a moment after its response
    REQUIRE(client.get("/masuk").status == 200);
  });
  REQUIRE(time > 450ms);
}

TEST_CASE("faults: an exhausted pool refuses at its timeout, and pages without a database are untouched") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  set_fault(sandbox, R"({"pool.size":0,"pool.timeout_ms":300})");
  HttpReply reply;
  const auto time = time_of([&] { reply = client.get("/api/dashboard"); });
  REQUIRE(reply.status == 503);
  REQUIRE(reply.headers.contains("retry-after"));
  REQUIRE(time >= 300ms);
  REQUIRE(client.get("/masuk").status == 200);
  REQUIRE(client.get("/api/waves/current").status == 200);
  sandbox.call("DELETE", "/_sandbox/faults");
  REQUIRE(client.get("/api/dashboard").status == 200);
}

TEST_CASE("faults: a slow hash slows the login alone") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  set_fault(sandbox, R"({"hash.passes":3,"hash.memory_kib":65536})");
  const auto fastest = [](const std::function<void()>& action) {
    auto best = time_of(action);
    for (int i = 0; i < 4; ++i) best = std::min(best, time_of(action));
    return best;
  };
  const auto login = fastest([&] { log_in(client, synthetic_person(1, 0)); });
  const auto dashboard = fastest([&] { REQUIRE(client.get("/api/dashboard").status == 200); });
  REQUIRE(login > dashboard * 3);
  REQUIRE(login > 20ms);
}

TEST_CASE("faults: lost sessions send people back to the login page, which still works") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  REQUIRE(client.get("/dashboard").status == 200);
  sandbox.call("POST", "/_sandbox/sessions/lose");
  REQUIRE(client.get("/api/dashboard").status == 401);
  const HttpReply page = client.get("/dashboard");
  REQUIRE(page.status == 303);
  REQUIRE(page.headers.at("location") == "/masuk");
  log_in(client, synthetic_person(1, 0));
  REQUIRE(client.get("/api/dashboard").status == 200);
}

TEST_CASE("faults: a strict login limit answers 429 at once and says when to come back") {
  SandboxProcess sandbox({"--accounts", "1"});
  set_fault(sandbox, R"({"login.rate_per_s":0.01,"login.burst":2})");
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  log_in(client, synthetic_person(1, 0));
  const HttpReply reply = client.post_json("/api/sessions", credentials_json(synthetic_person(1, 0)));
  REQUIRE(reply.status == 429);
  REQUIRE(std::stoi(reply.headers.at("retry-after")) > 50);
}

TEST_CASE("sandbox: ten wrong passwords close an account for a while, the right one included") {
  SandboxProcess sandbox({"--accounts", "2"});
  HttpClient client(sandbox.url());
  const SyntheticPerson person = synthetic_person(1, 0);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(client.post_json("/api/sessions", R"({"email":")" + person.email + R"(","password":"wrong1"})").status ==
            401);
  }
  REQUIRE(client.post_json("/api/sessions", credentials_json(person)).status == 429);
  log_in(client, synthetic_person(1, 1));
}

TEST_CASE("faults: a disk quota refuses photos, large and small, and nothing else") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  set_fault(sandbox, R"({"photo.quota_bytes":1000})");
  const HttpReply reply = client.post_photo("/api/id-card", photo_of(specimen()));
  REQUIRE(reply.status == 507);
  REQUIRE(reply.body.find("\"rule\":\"storage\"") != std::string::npos);
  REQUIRE(client.get("/api/dashboard").status == 200);
  sandbox.call("DELETE", "/_sandbox/faults");
  REQUIRE(client.post_photo("/api/id-card", photo_of(specimen())).status == 200);
}

TEST_CASE("faults: mail is late, lost or in the spam folder, and the portal answers as ever") {
  SandboxProcess sandbox;
  HttpClient client(sandbox.url());
  set_fault(sandbox, R"({"mail.delay_ms":3600000})");
  REQUIRE(client.post_json("/api/accounts", email_json(1)).status == 201);
  set_fault(sandbox, R"({"mail.delay_ms":0})");
  REQUIRE(client.post_json("/api/accounts", email_json(2)).status == 201);
  const auto late = sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/inbox") == 1; });
  REQUIRE(number_at(late, "/mails/queued") == 1);
  REQUIRE(read_file(mails_in(sandbox.mail_directory())[0]).find("baru2@") != std::string::npos);
  set_fault(sandbox, R"({"mail.spam":1})");
  REQUIRE(client.post_json("/api/accounts", email_json(3)).status == 201);
  sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/spam") == 1; });
  REQUIRE(mails_in(sandbox.mail_directory() + "/.Junk").size() == 1);
  set_fault(sandbox, R"({"mail.spam":0,"mail.loss":1})");
  REQUIRE(client.post_json("/api/accounts", email_json(4)).status == 201);
  sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/lost") == 1; });
  REQUIRE(mails_in(sandbox.mail_directory()).size() == 1);
}

TEST_CASE("faults: a link that lived too short is refused as expired") {
  SandboxProcess sandbox;
  set_fault(sandbox, R"({"mail.link_lifetime_s":0})");
  HttpClient client(sandbox.url());
  REQUIRE(client.post_json("/api/accounts", email_json(1)).status == 201);
  sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/inbox") == 1; });
  const std::string link = link_in(read_file(mails_in(sandbox.mail_directory())[0]));
  const HttpReply reply = client.get(link.substr(sandbox.url().size()));
  REQUIRE(reply.status == 410);
  REQUIRE(reply.body.find("LINK_EXPIRED") != std::string::npos);
}

TEST_CASE("faults: a busy registry is said to be busy") {
  SandboxProcess sandbox({"--accounts", "2"});
  set_fault(sandbox, R"({"registry.rate_per_s":0.01})");
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  REQUIRE(client.post_json("/api/identity", identity_json(synthetic_person(1, 0))).status == 200);
  log_in(client, synthetic_person(1, 1));
  const HttpReply reply = client.post_json("/api/identity", identity_json(synthetic_person(1, 1)));
  REQUIRE(reply.status == 503);
  REQUIRE(reply.headers.contains("retry-after"));
}

TEST_CASE("mail: over SMTP a mail that is put off comes at the retry") {
  std::atomic<int> transactions{0};
  std::string received;
  RawServer server([&](RawConnection& connection) {
    connection.send("220 sink\r\n");
    std::string line;
    for (std::string byte = connection.read_bytes(1); !byte.empty(); byte = connection.read_bytes(1)) {
      line += byte;
      if (!line.ends_with("\r\n")) continue;
      if (line.starts_with("DATA")) {
        connection.send("354 go on\r\n");
        std::string text;
        while (!text.ends_with("\r\n.\r\n")) {
          const std::string more = connection.read_bytes(1);
          if (more.empty()) return;
          text += more;
        }
        received = text;
        connection.send("250 taken\r\n");
      } else if (line.starts_with("MAIL") && transactions++ == 0) {
        connection.send("451 4.7.1 try again later\r\n");
      } else {
        connection.send("250 fine\r\n");
      }
      line.clear();
    }
  });
  SandboxProcess sandbox({"--mail", "smtp://127.0.0.1:" + std::to_string(server.port())});
  HttpClient client(sandbox.url());
  REQUIRE(client.post_json("/api/accounts", email_json(1)).status == 201);
  sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/inbox") == 1; });
  REQUIRE(transactions == 2);
  sandbox.process().stop();
  REQUIRE(received.find("To: <baru1@peserta.test>") != std::string::npos);
  REQUIRE(received.find(sandbox.url() + "/verifikasi?token=3D") != std::string::npos);
}
