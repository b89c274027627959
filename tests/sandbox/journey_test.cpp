#include "tests/sandbox/sandbox_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <filesystem>

using namespace gelombang;
using namespace gelombang::test;

namespace {

const std::string kAnswers = R"({"answers":[0,1,2,3,0,1,2,3,0,1,2,3,0,1,2,3,0,1]})";

SyntheticPerson newcomer(std::uint64_t index = 500'000) { return synthetic_person(1, index); }

// Registers the person. Returns the link in the mail.
std::string register_person(SandboxProcess& sandbox, HttpClient& client, const SyntheticPerson& person) {
  const std::int64_t before = number_at(sandbox.counts(), "/mails/delivered");
  REQUIRE(client.post_json("/api/accounts", credentials_json(person)).status == 201);
  sandbox.wait_for_counts([&](const auto& counts) { return number_at(counts, "/mails/delivered") > before; });
  for (const std::string& file : mails_in(sandbox.mail_directory())) {
    const std::string mail = read_file(file);
    if (mail.find("Delivered-To: " + person.email) == 0) return link_in(mail);
  }
  throw std::runtime_error("the mail is not in the Maildir");
}

std::string path_of(const SandboxProcess& sandbox, const std::string& link) {
  REQUIRE(link.starts_with(sandbox.url() + "/"));
  return link.substr(sandbox.url().size());
}

std::string status_of(HttpClient& client) {
  const HttpReply reply = client.get("/api/dashboard");
  REQUIRE(reply.status == 200);
  const std::size_t at = reply.body.find("\"text\":\"") + 8;
  return reply.body.substr(at, reply.body.find('"', at) - at);
}

}  // namespace

TEST_CASE("sandbox: the whole journey, from registration to the result of the draw") {
  SandboxProcess sandbox;
  sandbox.call("POST", "/_sandbox/wave/open", R"({"number":13,"quota":1})");
  HttpClient client(sandbox.url());
  const SyntheticPerson person = newcomer();
  const std::string link = path_of(sandbox, register_person(sandbox, client, person));
  REQUIRE(client.post_json("/api/sessions", credentials_json(person)).status == 403);

  const HttpReply verified = client.get(link);
  REQUIRE(verified.status == 303);
  REQUIRE(verified.headers.at("location") == "/dashboard");
  REQUIRE(verified.headers.at("set-cookie").find("HttpOnly") != std::string::npos);
  REQUIRE(status_of(client) == "Lengkapi pendaftaran");
  REQUIRE(client.get(link).status == 410);

  client.forget_cookies();
  REQUIRE(client.get("/api/dashboard").status == 401);
  log_in(client, person);
  REQUIRE(client.post_json("/api/waves/current/join", "{}").status == 409);
  REQUIRE(client.post_json("/api/identity", identity_json(person)).status == 200);
  REQUIRE(client.post_json("/api/identity", identity_json(person)).status == 200);
  const std::string photo = photo_of(specimen());
  REQUIRE(client.post_photo("/api/id-card", photo).status == 200);
  REQUIRE(client.get("/api/aptitude-test").status == 200);
  REQUIRE(client.post_json("/api/aptitude-test", kAnswers).status == 200);
  REQUIRE(status_of(client) == "Ikut Seleksi");
  REQUIRE(client.post_json("/api/waves/current/join", "{}").status == 200);
  REQUIRE(client.post_json("/api/waves/current/join", "{}").status == 200);
  REQUIRE(status_of(client) == "Menunggu gelombang ditutup");

  sandbox.call("POST", "/_sandbox/wave/close", R"({"result_after_s":3600})");
  REQUIRE(status_of(client) == "Sedang diproses");
  REQUIRE(client.post_json("/api/waves/current/join", "{}").status == 409);
}

TEST_CASE("sandbox: one winner is drawn, the other is told so") {
  SandboxProcess sandbox({"--accounts", "1"});
  sandbox.call("POST", "/_sandbox/accounts", R"({"first":10,"count":2,"state":"ready"})");
  std::vector<std::string> texts;
  HttpClient first(sandbox.url());
  HttpClient second(sandbox.url());
  log_in(first, synthetic_person(1, 10));
  log_in(second, synthetic_person(1, 11));
  REQUIRE(first.post_json("/api/waves/current/join", "{}").status == 200);
  REQUIRE(second.post_json("/api/waves/current/join", "{}").status == 200);
  sandbox.call("POST", "/_sandbox/wave/close");
  texts = {status_of(first), status_of(second)};
  std::sort(texts.begin(), texts.end());
  REQUIRE(texts == std::vector<std::string>{"Kamu Belum Berhasil", "Selamat, Kartu Pra Kerjamu siap digunakan"});
}

TEST_CASE("sandbox: its counts are exactly what was answered") {
  SandboxProcess sandbox({"--accounts", "5"});
  HttpClient client(sandbox.url());
  for (int i = 0; i < 7; ++i) REQUIRE(client.get("/api/waves/current").status == 200);
  for (int i = 0; i < 3; ++i) REQUIRE(client.get("/dashboard").status == 303);
  log_in(client, synthetic_person(1, 4));
  REQUIRE(client.post_json("/api/sessions", R"({"email":"x@y.test","password":"wrong1"})").status == 401);
  REQUIRE(client.post_json("/api/sessions", "not json").status == 400);
  REQUIRE(client.get("/nowhere").status == 404);
  REQUIRE(client.request("DELETE", "/api/accounts").status == 405);
  const auto counts = sandbox.counts();
  REQUIRE(number_at(counts, "/requests/GET ~1api~1waves~1current/200") == 7);
  REQUIRE(number_at(counts, "/requests/GET ~1dashboard/303") == 3);
  REQUIRE(number_at(counts, "/requests/POST ~1api~1sessions/200") == 1);
  REQUIRE(number_at(counts, "/requests/POST ~1api~1sessions/401") == 1);
  REQUIRE(number_at(counts, "/requests/POST ~1api~1sessions/400") == 1);
  REQUIRE(number_at(counts, "/requests/GET (unknown)/404") == 1);
  REQUIRE(number_at(counts, "/requests/DELETE ~1api~1accounts/405") == 1);
  REQUIRE(number_at(counts, "/accounts") == 5);
  REQUIRE(number_at(counts, "/accounts_registered") == 0);
}

TEST_CASE("sandbox: registration refuses what the portal refuses, each by its name") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  const auto answer = [&](const std::string& json) {
    const HttpReply reply = client.post_json("/api/accounts", json);
    const std::size_t at = reply.body.find("\"error\":\"") + 9;
    return std::to_string(reply.status) + " " + reply.body.substr(at, reply.body.find('"', at) - at);
  };
  REQUIRE(answer(R"({"email":"a+b@c.test","password":"rahasia1"})") == "422 EMAIL_INVALID");
  REQUIRE(answer(R"({"email":"ab@c.test","password":"12345"})") == "422 PASSWORD_TOO_SHORT");
  REQUIRE(answer(R"({"email":"ab@c.test","password":"123456","password_confirmation":"1234567"})") ==
          "422 PASSWORD_MISMATCH");
  REQUIRE(answer(R"({"email":"ab@c.test","password":"123456","name":"a\u0007"})") == "422 NAME_INVALID");
  REQUIRE(answer(R"({"email":")" + synthetic_person(1, 0).email + R"(","password":"123456"})") == "409 EMAIL_TAKEN");
  REQUIRE(answer("[1]") == "400 MALFORMED");
  REQUIRE(number_at(sandbox.counts(), "/accounts") == 1);
}

TEST_CASE("sandbox: an identity number that could be real is refused and not kept") {
  SandboxProcess sandbox({"--accounts", "2"});
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  SyntheticPerson person = synthetic_person(1, 0);
  person.nik = "3174010203900001";
  REQUIRE(client.post_json("/api/identity", identity_json(person)).status == 422);
  person = synthetic_person(1, 0);
  person.birth_date = "1900-01-01";
  REQUIRE(client.post_json("/api/identity", identity_json(person)).status == 422);
  REQUIRE(number_at(sandbox.counts(), "/identities") == 0);
  REQUIRE(client.post_json("/api/identity", identity_json(synthetic_person(1, 0))).status == 200);
  // Another person with the same number.
  log_in(client, synthetic_person(1, 1));
  REQUIRE(client.post_json("/api/identity", identity_json(synthetic_person(1, 0))).status == 409);
  REQUIRE(number_at(sandbox.counts(), "/identities") == 1);
}

TEST_CASE("sandbox: every refused photo names its rule, and an accepted one is on the disk as sent") {
  // The photos are made first, because a kept connection does not survive a long pause.
  const std::string photo = photo_of(specimen());
  PhotoSpec spec = specimen();
  spec.blur = 6;
  const std::string blurred = photo_of(spec);
  TemporaryDirectory data;
  SandboxProcess sandbox({"--accounts", "1", "--data", data.file("portal")});
  HttpClient client(sandbox.url());
  REQUIRE(client.post_photo("/api/id-card", "x").status == 401);
  log_in(client, synthetic_person(1, 0));
  const auto rule = [&](const HttpReply& reply) {
    const std::size_t at = reply.body.find("\"rule\":\"") + 8;
    return std::to_string(reply.status) + " " + reply.body.substr(at, reply.body.find('"', at) - at);
  };
  REQUIRE(rule(client.post_photo("/api/id-card", std::string(2'000'000, 'x'))) == "413 size");
  REQUIRE(rule(client.post_photo("/api/id-card", std::string(9'000'000, 'x'))) == "413 size");
  REQUIRE(rule(client.post_photo("/api/id-card", "no image")) == "415 format");
  REQUIRE(rule(client.post_json("/api/id-card", "{}")) == "415 multipart");
  REQUIRE(rule(client.request("POST", "/api/id-card", "--b--\r\n",
                              {{"Content-Type", "multipart/form-data; boundary=b"}})) == "422 missing");
  REQUIRE(rule(client.post_photo("/api/id-card", blurred)) == "422 blur");
  REQUIRE(client.post_photo("/api/id-card", photo).status == 200);
  REQUIRE(client.post_photo("/api/id-card", photo).status == 200);
  const auto counts = sandbox.counts();
  REQUIRE(number_at(counts, "/photos") == 1);
  REQUIRE(number_at(counts, "/photo_uploads") == 2);
  REQUIRE(number_at(counts, "/photo_bytes") == static_cast<std::int64_t>(photo.size()));
  sandbox.process().stop();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(data.file("portal/photos")))
    files.push_back(entry.path());
  REQUIRE(files.size() == 1);
  REQUIRE(read_file(files[0]) == photo);
}

TEST_CASE("sandbox: five mails may be asked for again, then two hours none") {
  SandboxProcess sandbox;
  HttpClient client(sandbox.url());
  const SyntheticPerson person = newcomer();
  register_person(sandbox, client, person);
  const std::string body = R"({"email":")" + person.email + R"("})";
  for (int i = 0; i < 5; ++i) REQUIRE(client.post_json("/api/accounts/verification", body).status == 202);
  const HttpReply limited = client.post_json("/api/accounts/verification", body);
  REQUIRE(limited.status == 429);
  REQUIRE(std::stoi(limited.headers.at("retry-after")) > 7000);
  // An address without an account gets the same response, and no mail is sent.
  REQUIRE(client.post_json("/api/accounts/verification", R"({"email":"nobody@x.test"})").status == 202);
  const auto counts = sandbox.wait_for_counts([](const auto& now) { return number_at(now, "/mails/delivered") == 6; });
  REQUIRE(number_at(counts, "/mails/total") == 6);
}

TEST_CASE("sandbox: the pages' forms work without scripts") {
  SandboxProcess sandbox({"--accounts", "1"});
  HttpClient client(sandbox.url());
  const Headers browser{{"Accept", "text/html,*/*"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  for (const char* page : {"/", "/daftar", "/masuk"}) {
    const HttpReply reply = client.get(page, browser);
    REQUIRE(reply.status == 200);
    REQUIRE(reply.headers.at("content-type") == "text/html; charset=utf-8");
    REQUIRE(reply.body.find("lang=\"id\"") != std::string::npos);
  }
  const SyntheticPerson person = synthetic_person(1, 0);
  const HttpReply wrong = client.request("POST", "/api/sessions", "email=a%40b.test&password=wrong1", browser);
  REQUIRE(wrong.status == 401);
  REQUIRE(wrong.body.find("Email atau password salah") != std::string::npos);
  const HttpReply in = client.request("POST", "/api/sessions",
                                      "email=" + person.email + "&password=" + person.password.reveal(), browser);
  REQUIRE(in.status == 303);
  REQUIRE(client.get("/dashboard", browser).body.find("action=\"/api/identity\"") != std::string::npos);
  const HttpReply identity = client.request(
      "POST", "/api/identity", "nik=" + person.nik + "&kk=" + person.kk + "&birth_date=" + person.birth_date, browser);
  REQUIRE(identity.status == 303);
  REQUIRE(client.get("/dashboard", browser).body.find("action=\"/api/id-card\"") != std::string::npos);
  REQUIRE(client.get("/api/aptitude-test", browser).body.find("answer_18") != std::string::npos);
  REQUIRE(client.request("DELETE", "/api/sessions").status == 204);
  REQUIRE(client.get("/dashboard", browser).status == 303);
}
