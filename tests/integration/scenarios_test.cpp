// Each shipped scenario against the sandbox: the summary's counts equal the sandbox's counts exactly.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

using namespace gelombang::test;

namespace {

std::int64_t count_of(const RunResult& run, const std::string& step) {
  return step_of(run.summary, step).at("count").as_int64();
}

std::int64_t requests_of(const RunResult& run, const std::string& step) {
  return step_of(run.summary, step).at("requests").as_int64();
}

// People of the only journey whose visit ended with `fate`.
std::int64_t ended(const RunResult& run, const std::string& fate) {
  return run.summary.at("people").at(0).at("ended").at(fate).as_int64();
}

// Every journey succeeded. Time limits are not judged: they depend on what else the machine does.
void check_passed(const RunResult& run) {
  INFO(run.out << run.err);
  REQUIRE(run.summary.is_object());
  for (const auto& threshold : run.summary.at("thresholds").as_array()) {
    const std::string expression(threshold.at("expression").as_string());
    INFO(expression);
    const bool of_time =
        expression.find("_time ") != std::string::npos || expression.find("mail_delivery") != std::string::npos;
    CHECK((of_time || threshold.at("state").as_string() == "pass"));
  }
  const auto& arrivals = run.summary.at("arrivals");
  CHECK(arrivals.at("started").as_int64() == arrivals.at("planned").as_int64());
  CHECK(arrivals.at("failed").as_int64() == 0);
}

}  // namespace

TEST_CASE("scenarios: login counts what the sandbox counts", "[integration]") {
  const Sandbox sandbox;
  const RunResult run = run_scenario(in_haste("login.lua"),
                                     {"--target", sandbox.url(), "--rate", "10/s", "--duration", "5s", "--seed", "1"});
  check_passed(run);
  CHECK(count_of(run, "login/log in") == sandbox.answered("POST /api/sessions", 200));
  CHECK(count_of(run, "login/dashboard") == sandbox.answered("GET /api/dashboard", 200));
  CHECK(count_of(run, "login/open login page") == sandbox.answered("GET /masuk", 200));
  CHECK(count_of(run, "login/log in") == run.summary.at("arrivals").at("started").as_int64());
}

TEST_CASE("scenarios: email verification counts accounts, mails and links alike", "[integration]") {
  const Sandbox sandbox;
  const RunResult run = run_scenario(
      in_haste("email_verification.lua"),
      {"--target", sandbox.url(), "--mailbox", sandbox.mailbox(), "--rate", "5/s", "--duration", "4s", "--seed", "2"});
  check_passed(run);
  const auto accounts = sandbox.answered("POST /api/accounts", 201);
  CHECK(accounts > 5);
  CHECK(count_of(run, "email_verification/create account") == accounts);
  CHECK(count_of(run, "email_verification/follow verification link") == sandbox.answered("GET /verifikasi", 303));
  // People who never open their mail have left. The others waited for it.
  const auto left = ended(run, "left");
  CHECK(left > 0);
  CHECK(run.summary.at("email").at("sent").as_int64() == accounts - left);
  CHECK(run.summary.at("email").at("in_time").as_int64() == accounts - left);
  CHECK(sandbox.counts().at("mails").at("delivered").as_int64() == accounts);
}

TEST_CASE("scenarios: photos arrive whole and are counted alike", "[integration]") {
  const Sandbox sandbox;
  const RunResult run =
      run_scenario(in_haste("ktp_upload.lua"), {"--target", sandbox.url(), "--rate", "4/s", "--duration", "4s",
                                                "--seed", "3", "--set", "people=calm",
                                                // the sandbox counts a photo that is cut off in the middle
                                                "--graceful-stop", "90s"});
  check_passed(run);
  const auto photos = sandbox.answered("POST /api/id-card", 200);
  CHECK(photos > 3);
  CHECK(count_of(run, "ktp_upload/upload photo") == photos);
  // The sandbox refuses photos as the phone took them, for size or type. They are sent again smaller.
  CHECK(count_of(run, "ktp_upload/upload photo as taken") ==
        sandbox.answered("POST /api/id-card", 413) + sandbox.answered("POST /api/id-card", 415));
  CHECK(count_of(run, "ktp_upload/upload photo as taken") > 0);
  CHECK(number(run.summary.at("people").at(0).at("retry_amplification")) == 1);
  // The sent bytes are all bytes that the sandbox stored, and the multipart framing and headers.
  const auto stored = sandbox.counts().at("photo_bytes").as_int64();
  const auto sent = step_of(run.summary, "ktp_upload/upload photo").at("bytes_sent").as_int64();
  CHECK(sent > stored);
  CHECK(sent < stored + photos * 1500);
}

TEST_CASE("scenarios: the whole registration joins the wave", "[integration]") {
  const Sandbox sandbox;
  const RunResult run =
      run_scenario(in_haste("registration.lua"),
                   {"--target", sandbox.url(), "--mailbox", sandbox.mailbox(), "--rate", "2/s", "--duration", "6s",
                    "--seed", "4", "--set", "test_seconds=2", "--graceful-stop", "90s"});
  check_passed(run);
  const auto completed = ended(run, "succeeded");
  CHECK(completed + ended(run, "left") == run.summary.at("arrivals").at("completed").as_int64());
  CHECK(completed == sandbox.counts().at("joins").as_int64());
  CHECK(completed == sandbox.counts().at("aptitude_tests").as_int64());
  CHECK(completed > 2);
}

TEST_CASE("scenarios: the portal mix plays its three families", "[integration]") {
  const Sandbox sandbox;
  const RunResult run = run_scenario(
      in_haste("portal_mix.lua"),
      {"--target", sandbox.url(), "--mailbox", sandbox.mailbox(), "--rate", "10/s", "--duration", "5s", "--seed", "5"});
  check_passed(run);
  // A person may press twice when a response is slow. So both sides count requests.
  CHECK(requests_of(run, "login/log in") + requests_of(run, "ktp_upload/log in") ==
        sandbox.answered("POST /api/sessions", 200));
  CHECK(requests_of(run, "ktp_upload/upload photo") == sandbox.answered("POST /api/id-card", 200));
  CHECK(count_of(run, "email_verification/create account") == sandbox.answered("POST /api/accounts", 201));
}

TEST_CASE("scenarios: the photo rules hold at the sandbox, and another limit is found", "[integration]") {
  {
    const Sandbox sandbox;
    const RunResult run = run_scenario("ktp_rules.lua", {"--target", sandbox.url()});
    INFO(run.out);
    CHECK(run.exit_code == 0);
    CHECK(run.summary.at("conformance").as_array().size() == 21);
    for (const auto& row : run.summary.at("conformance").as_array()) CHECK(row.at("holds").as_bool());
  }
  const Sandbox sandbox({"--photo-limit", "2097152"});
  const RunResult run = run_scenario("ktp_rules.lua", {"--target", sandbox.url()});
  CHECK(run.exit_code == 99);
  CHECK(run.out.find("up to 2,097,151 bytes") != std::string::npos);
  const RunResult told = run_scenario("ktp_rules.lua", {"--target", sandbox.url(), "--set", "limit=2097152"});
  INFO(told.out);
  CHECK(told.exit_code == 0);
}
