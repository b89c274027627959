#include "tests/sandbox/sandbox_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// Runs the program to its end. Returns the exit code and stderr.
std::pair<int, std::string> outcome(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), GELOMBANG_SANDBOX_PROGRAM);
  ChildProcess process(arguments);
  const int code = process.wait(20s);
  return {code, process.standard_error()};
}

void require_refused(const std::vector<std::string>& arguments, const std::string& word) {
  const auto [code, error] = outcome(arguments);
  INFO(error);
  REQUIRE(code == 104);
  REQUIRE(error.find(word) != std::string::npos);
  REQUIRE(error.find('\n') == error.size() - 1);  // one line
}

void make_certificate(const TemporaryDirectory& directory) {
  ChildProcess openssl({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-keyout", directory.file("key.pem"), "-out", directory.file("cert.pem")});
  REQUIRE(openssl.wait() == 0);
}

}  // namespace

TEST_CASE("program: bad input gets one clear line, exit 104, and nothing is started") {
  TemporaryDirectory directory;
  require_refused({"--listen", "nowhere"}, "--listen nowhere");
  require_refused({"--listen", "example.test:80"}, "not an IP address");
  require_refused({"--bogus"}, "--bogus");
  require_refused({"--accounts=-1"}, "--accounts: '-1' is not a whole number");
  require_refused({"--seed", "0x10"}, "--seed: '0x10' is not a whole number");
  require_refused({"--mail=", "--no-such"}, "--mail: expected a value, not an empty text");
  require_refused({"--threads", "65"}, "--threads: 65 is not in the range from 1 to 64");
  require_refused({"--mail", "pigeon:home", "--listen", "127.0.0.1:0"}, "maildir:DIR");
  require_refused({"--tls-cert", "a.pem"}, "--tls-key");
  require_refused({"--tls-cert", "/nonexistent", "--tls-key", "/nonexistent", "--listen", "127.0.0.1:0"},
                  "/nonexistent");
  require_refused({"--data", "/proc/nope", "--listen", "127.0.0.1:0"}, "/proc/nope");
  write_file(directory.file("portal.sqlite"), std::string(5000, 'x'));
  require_refused({"--data", directory.path(), "--listen", "127.0.0.1:0"}, "portal.sqlite");
}

TEST_CASE("program: a taken port and a directory in use are said") {
  TemporaryDirectory directory;
  SandboxProcess sandbox({"--data", directory.path()});
  require_refused({"--listen", sandbox.url().substr(7)}, "in use");
  require_refused({"--data", directory.path(), "--listen", "127.0.0.1:0"}, "in use");
}

TEST_CASE("program: SIGTERM ends it with 0 at once, idle connections or not, and its temporary directory goes") {
  SandboxProcess sandbox({"--accounts", "100"});
  HttpClient idle(sandbox.url());
  REQUIRE(idle.get("/masuk").status == 200);
  const std::string out = sandbox.process().standard_output();
  const std::string directory = out.substr(6, out.find(' ', 6) - 6);
  REQUIRE(std::filesystem::exists(directory + "/portal.sqlite"));
  const auto start = std::chrono::steady_clock::now();
  sandbox.process().signal(SIGTERM);
  REQUIRE(sandbox.process().wait() == 0);
  REQUIRE(std::chrono::steady_clock::now() - start < 4s);  // well below the grace period of a busy connection
  REQUIRE_FALSE(std::filesystem::exists(directory));
  REQUIRE(sandbox.process().standard_error().empty());
}

TEST_CASE("program: it says its hash cost and capacity, and ten thousand accounts are there") {
  SandboxProcess sandbox({"--accounts", "10000", "--hash-cost", "default"});
  const std::string out = sandbox.process().standard_output();
  for (const char* part : {"hash cost: default, ", " logins/s", "connections", "accounts: 10000 of seed 1",
                           "wave: 13 OPEN, quota 1000", "operator: http://127.0.0.1:"}) {
    INFO(part);
    REQUIRE(out.find(part) != std::string::npos);
  }
  REQUIRE(number_at(sandbox.counts(), "/accounts") == 10'000);
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 9'999));
}

TEST_CASE("program: serves over TLS, with links and cookies to match") {
  TemporaryDirectory directory;
  make_certificate(directory);
  SandboxProcess sandbox(
      {"--accounts", "1", "--tls-cert", directory.file("cert.pem"), "--tls-key", directory.file("key.pem")});
  REQUIRE(sandbox.url().starts_with("https://"));
  HttpClient client(sandbox.url());
  const HttpReply reply = client.post_json("/api/sessions", credentials_json(synthetic_person(1, 0)));
  REQUIRE(reply.status == 200);
  REQUIRE(reply.headers.at("set-cookie").find("; Secure") != std::string::npos);
  REQUIRE(client.get("/api/dashboard").status == 200);
  REQUIRE(client.post_photo("/api/id-card", photo_of(specimen())).status == 200);
  REQUIRE(client.post_photo("/api/id-card", std::string(3'000'000, 'x')).status == 413);
}

TEST_CASE("program: the operator's side is not there unless it listens on loopback") {
  SandboxProcess sandbox({"--listen", "0.0.0.0:0"});
  HttpClient client(sandbox.url());
  REQUIRE(client.get("/_sandbox/counts").status == 404);
  REQUIRE(client.post_json("/_sandbox/freeze", R"({"ms":1000})").status == 404);
}

TEST_CASE("program: a plain form of another site cannot reach the operator's side") {
  SandboxProcess sandbox;
  HttpClient client(sandbox.url());
  REQUIRE(client.request("POST", "/_sandbox/wave/open", "{}", {{"Content-Type", "text/plain"}}).status == 415);
  REQUIRE(client.post_json("/_sandbox/wave/open", R"({"quota":"many"})").status == 400);
  REQUIRE(client.post_json("/_sandbox/wave/open", R"({"kuota":1})").status == 400);
  REQUIRE(client.post_json("/_sandbox/nothing", "{}").status == 404);
}

TEST_CASE("program: no address, password, number or token comes into its log") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  const SyntheticPerson person = synthetic_person(1, 0);
  log_in(client, person);
  client.post_json("/api/identity", identity_json(person));
  client.post_json("/api/accounts", R"({"email":"canary.1@peserta.test","password":"kenari123"})");
  sandbox.wait_for_counts([](const auto& counts) { return number_at(counts, "/mails/delivered") == 1; });
  const std::string token = link_in(read_file(mails_in(sandbox.mail_directory())[0])).substr(sandbox.url().size() + 18);
  client.get("/verifikasi?token=" + token);
  client.post_json("/api/accounts", "{\"email\": canary");
  sandbox.process().stop();
  const std::string said = sandbox.process().standard_output() + sandbox.process().standard_error();
  for (const std::string& secret : {person.email, person.password.reveal(), person.nik, person.kk, token,
                                    std::string("canary"), std::string("kenari123")}) {
    REQUIRE(said.find(secret) == std::string::npos);
  }
}

TEST_CASE("durability: no registration or photo that was accepted is lost by SIGKILL") {
  TemporaryDirectory directory;
  const std::string data = directory.file("portal");
  const std::string photo = photo_of(specimen());
  std::set<std::string> registered;
  std::set<std::uint64_t> uploaded;
  std::mutex mutex;
  std::int64_t next_email = 0;
  for (std::uint64_t round = 0; round < 3; ++round) {
    SandboxProcess sandbox({"--data", data, "--accounts", "40"});
    std::atomic<bool> stop{false};
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&] {
        HttpClient client(sandbox.url());
        try {
          while (!stop) {
            std::string email;
            {
              const std::lock_guard lock(mutex);
              email = "baru" + std::to_string(next_email++) + "@peserta.test";
            }
            const auto reply =
                client.post_json("/api/accounts", R"({"email":")" + email + R"(","password":"rahasia1"})");
            const std::lock_guard lock(mutex);
            if (reply.status == 201) registered.insert(email);
          }
        } catch (const std::exception&) {
          // The portal was killed during this request, so the request was not accepted.
        }
      });
    }
    clients.emplace_back([&] {
      HttpClient client(sandbox.url());
      try {
        for (std::uint64_t i = round * 10; !stop; i = round * 10 + (i + 1) % 10) {
          log_in(client, synthetic_person(1, i));
          const bool accepted = client.post_photo("/api/id-card", photo).status == 200;
          const std::lock_guard lock(mutex);
          if (accepted) uploaded.insert(i);
        }
      } catch (const std::exception&) {
      }
    });
    // Kill the portal while it works, but only after it has data to lose.
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    bool enough = false;
    while (!enough && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(10ms);
      const std::lock_guard lock(mutex);
      enough = registered.size() > 20 * (round + 1) && uploaded.size() > 2 * round;
    }
    sandbox.process().signal(SIGKILL);
    REQUIRE(sandbox.process().wait() == 128 + SIGKILL);
    stop = true;
    for (std::thread& client : clients) client.join();
    REQUIRE(enough);
  }
  SandboxProcess sandbox({"--data", data, "--accounts", "40"});
  HttpClient client(sandbox.url());
  for (const std::string& email : registered) {
    // 409: the account exists. Its mail is in the Maildir or still queued.
    REQUIRE(client.post_json("/api/accounts", R"({"email":")" + email + R"(","password":"rahasia1"})").status == 409);
  }
  for (const std::uint64_t person : uploaded) {
    log_in(client, synthetic_person(1, person));
    REQUIRE(client.get("/api/dashboard").body.find("\"id_card\":true") != std::string::npos);
  }
  const auto counts = sandbox.wait_for_counts([](const auto& now) { return number_at(now, "/mails/queued") == 0; });
  REQUIRE(number_at(counts, "/accounts_registered") >= static_cast<std::int64_t>(registered.size()));
  REQUIRE(number_at(counts, "/mails/inbox") == number_at(counts, "/accounts_registered"));
  REQUIRE(number_at(counts, "/photos") >= static_cast<std::int64_t>(uploaded.size()));
  // Every photo on the disk is whole, and each person with a photo has exactly one.
  std::int64_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/photos")) {
    REQUIRE(read_file(entry.path()) == photo);
    ++files;
  }
  REQUIRE(files == number_at(counts, "/photos"));
  // Each mail is there once, although the kills interrupted deliveries.
  REQUIRE(static_cast<std::int64_t>(mails_in(sandbox.mail_directory()).size()) == number_at(counts, "/mails/inbox"));
}
