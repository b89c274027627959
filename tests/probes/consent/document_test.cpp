#include "probes/consent/document.hpp"

#include "tests/probes/consent/fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using test::kConsentStart;
using test::sample_consent;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& json) {
  const auto parsed = parse_consent(json);
  return parsed ? "no error" : parsed.error().message;
}

TEST_CASE("consent file: what is signed is read again", "[unit][consent]") {
  const auto key = ConsentSecretKey::generate();
  const Consent consent = sample_consent();
  const auto file = sign_consent(consent, *key);
  REQUIRE(file);
  const auto verified = verify_consent(*file, key->public_key());
  REQUIRE(verified);
  CHECK(verified->consent == consent);
  CHECK(verified->id.size() == 64);
}

TEST_CASE("consent file: the JSON has one spelling", "[unit][consent]") {
  CHECK(serialise(sample_consent()) ==
        R"({"version":1,"hosts":["portal.example.id","11.22.33.44"],"paths":["/api","/masuk"],"max_rate":"200/s",)"
        R"("not_before":"2027-01-15T08:00:00Z","expires":"2027-01-22T08:00:00Z","contact":"ops@example.id"})");
  for (const double rate : {1.0 / 3600, 0.1, 0.5, 1.0, 33.3, 200.0, 123456.789, 1e6}) {
    Consent consent = sample_consent();
    consent.max_rate = Rate::per_second(rate);
    INFO(serialise(consent));
    CHECK(parse_consent(serialise(consent)).value() == consent);
  }
}

TEST_CASE("consent file: another key, another byte, another context do not verify", "[unit][consent]") {
  const auto key = ConsentSecretKey::generate();
  const auto file = sign_consent(sample_consent(), *key);
  const std::string mismatch = "the signature does not match the consent key";
  CHECK(verify_consent(*file, ConsentSecretKey::generate()->public_key()).error().message == mismatch);

  Consent wider = sample_consent();
  wider.max_rate = Rate::per_second(2000);
  const auto envelope = parse_envelope(*file);
  const std::string forged = replaced(*file, to_base64(envelope->consent), to_base64(serialise(wider)));
  CHECK(verify_consent(forged, key->public_key()).error().message == mismatch);

  const ConsentSignature bare = key->sign(envelope->consent);
  const std::string without_context = R"({"consent":")" + to_base64(envelope->consent) + R"(","signature":")" +
                                      to_base64({reinterpret_cast<const char*>(bare.data()), bare.size()}) + R"("})";
  CHECK(verify_consent(without_context, key->public_key()).error().message == mismatch);
}

TEST_CASE("consent file: the envelope is strict and bounded", "[unit][consent]") {
  const auto key = ConsentSecretKey::generate();
  const std::string file = sign_consent(sample_consent(), *key).value();
  const auto error = [](const std::string& text) {
    const auto envelope = parse_envelope(text);
    return envelope ? "no error" : envelope.error().message;
  };
  CHECK(error(file) == "no error");
  CHECK(error("") == "the consent file is not a JSON object");
  CHECK(error("[]") == "the consent file is not a JSON object");
  CHECK(error(file + "x") == "the consent file is not a JSON object");
  CHECK(error("{}") == "the consent file has no field 'consent'");
  CHECK(error(R"({"consent":"YQ=="})") == "the consent file has no field 'signature'");
  CHECK(error(replaced(file, "{", R"({"note":1,)")) == "the consent file has a field that is not known");
  CHECK(error(R"({"consent":1,"signature":"YQ=="})") == "the field 'consent' is not a string");
  CHECK(error(R"({"consent":"?","signature":"YQ=="})") == "the field 'consent' is not base64");
  CHECK(error(R"({"consent":"YQ==","signature":"YQ=="})") == "the field 'signature' is not 64 bytes in base64");
  CHECK(error(file + std::string(kMaxConsentFile, ' ')) == "the consent file is larger than 32 KB");
  CHECK(error(std::string(20'000, '[')) == "the consent file is not a JSON object");
}

TEST_CASE("consent file: the consent inside is strict", "[unit][consent]") {
  const std::string json = serialise(sample_consent());
  CHECK(error_of(json) == "no error");
  CHECK(error_of("[]") == "the signed consent is not a JSON object");
  CHECK(error_of(replaced(json, R"("version":1,)", "")) == "the signed consent has no field 'version'");
  CHECK(error_of(replaced(json, R"("version":1)", R"("version":2)")) == "the consent is not of version 1");
  CHECK(error_of(replaced(json, R"("version":1)", R"("version":"1")")) == "the consent is not of version 1");
  CHECK(error_of(replaced(json, "{", R"({"extra":true,)")) == "the signed consent has a field that is not known");
  CHECK(error_of(replaced(json, R"(["/api","/masuk"])", R"("/api")")) == "the field 'paths' is not a list");
  CHECK(error_of(replaced(json, R"("/masuk")", "7")) == "the field 'paths' is not a list of strings");
  CHECK(error_of(replaced(json, R"("200/s")", "200")) == "the field 'max_rate' is not a string");
  CHECK(error_of(replaced(json, "200/s", "-1/s")) == "the field 'max_rate' is not a rate such as 200/s");
  CHECK(error_of(replaced(json, "2027-01-15T08:00:00Z", "2027-01-15 08:00")) ==
        "the field 'not_before': not a time in UTC such as 2026-03-01T05:00:00Z");
  const std::string form = "the signed consent is not in the form that 'consent sign' writes";
  CHECK(error_of(json + " ") == form);
  CHECK(error_of(replaced(json, "200/s", "200.0/s")) == form);
  CHECK(error_of(replaced(json, R"("contact":)", R"("contact":"a","contact":)")) == form);
  CHECK(error_of(replaced(json, R"(/api)", R"(\/api)")) == form);
}

TEST_CASE("consent: limits hold for signing and reading alike", "[unit][consent]") {
  const auto error = [](auto change) {
    Consent consent = sample_consent();
    change(consent);
    const auto valid = validate(consent);
    const auto read = parse_consent(serialise(consent));
    CHECK(valid.has_value() == read.has_value());
    CHECK(sign_consent(consent, *ConsentSecretKey::generate()).has_value() == valid.has_value());
    return valid ? "no error" : valid.error().message;
  };
  CHECK(error([](Consent& c) { c.hosts.clear(); }) == "a consent names 1 to 64 hosts");
  CHECK(error([](Consent& c) { c.hosts.assign(65, "a.example"); }) == "a consent names 1 to 64 hosts");
  for (const char* host : {"*.example.id", "Portal.example.id", "a.example.", "a.example:80", "user@a", "", "127.1"}) {
    INFO(host);
    CHECK(error([&](Consent& c) { c.hosts = {host}; }) ==
          "a host of the consent is not a plain name or address in lower case, without port or wildcard");
  }
  CHECK(error([](Consent& c) { c.paths.clear(); }) == "a consent names 1 to 64 paths; '/' is all of them");
  for (const char* path : {"", "api", "/a?b", "/a#b", "/a%2fb", "/a b", "/a\\b", "/\n"}) {
    INFO(path);
    CHECK(error([&](Consent& c) { c.paths = {path}; }).starts_with("a path of the consent is not a plain prefix"));
  }
  CHECK(error([](Consent& c) { c.max_rate = Rate(); }) == "the maximum rate of a consent is between 1/h and 1000000/s");
  CHECK(error([](Consent& c) { c.max_rate = Rate::per_second(1e6 + 1); }) ==
        "the maximum rate of a consent is between 1/h and 1000000/s");
  CHECK(error([](Consent& c) { c.expires = c.not_before; }) == "the consent expires before it begins");
  CHECK(error([](Consent& c) { c.expires = c.not_before + 90 * 24h; }) == "no error");
  CHECK(error([](Consent& c) { c.expires = c.not_before + 90 * 24h + 1s; }) == "a consent lasts at most 90 days");
  CHECK(error([](Consent& c) { c.contact.clear(); }) == "the contact of a consent has 1 to 254 plain ASCII characters");
  CHECK(error([](Consent& c) { c.contact = "a\nb"; }) ==
        "the contact of a consent has 1 to 254 plain ASCII characters");
}

TEST_CASE("consent: it holds for its hosts from its beginning to just before its end", "[unit][consent]") {
  const Consent consent = sample_consent();
  CHECK(in_force(consent, "portal.example.id", consent.not_before));
  CHECK(in_force(consent, "11.22.33.44", consent.expires - 1ns));
  CHECK(in_force(consent, "portal.example.id", consent.expires).error().message ==
        "it expired at 2027-01-22T08:00:00Z");
  CHECK(in_force(consent, "portal.example.id", consent.not_before - 1ns).error().message ==
        "it begins at 2027-01-15T08:00:00Z");
  for (const char* host : {"example.id", "www.portal.example.id", "portal.example.id.evil.example", ""}) {
    INFO(host);
    CHECK(in_force(consent, host, kConsentStart).error().message == "it does not name the host " + std::string(host));
  }
}

TEST_CASE("consent: a path is covered by whole segments", "[unit][consent]") {
  const Consent consent = sample_consent();
  for (const char* path : {"/api", "/api/", "/api/sessions", "/api?x=/../..", "/api#/..", "/api//x", "/masuk",
                           "/api/a%2fb", "/api/...", "/api/..a", "/api/a.", "/api/%"}) {
    INFO(path);
    CHECK(covers_path(consent, path));
  }
  for (const char* path : {"/",
                           "",
                           "*",
                           "/apiary",
                           "/ap",
                           "/API",
                           "//api",
                           "/%61pi",
                           "api",
                           "/api/../admin",
                           "/api/..",
                           "/api/.",
                           "/api/./x",
                           "/api/%2e%2e/admin",
                           "/api/%2E%2e%2fadmin",
                           "/api/.%2e",
                           "/api/%252e%252e/admin",
                           "/api/..%252fadmin",
                           "/api/%25252e%25252e%25252fadmin",
                           "/api/%25252525252525252525252e",
                           "/api\\..\\x",
                           "/api/x%5c..%5cy",
                           "/api/..;/admin",
                           "/api/..;a=b/admin",
                           "/x?/api",
                           "/x#/api"}) {
    INFO(path);
    CHECK_FALSE(covers_path(consent, path));
  }
  Consent all = consent;
  all.paths = {"/"};
  for (const char* path : {"/", "", "/x", "/api/../admin", "*", "/%2e%2e"}) {
    INFO(path);
    CHECK(covers_path(all, path));
  }
  Consent folder = consent;
  folder.paths = {"/api/"};
  CHECK(covers_path(folder, "/api/x"));
  CHECK_FALSE(covers_path(folder, "/api"));
}

TEST_CASE("consent time: one form, and only days that exist", "[unit][consent]") {
  CHECK(parse_utc("2027-01-15T08:00:00Z").value() == kConsentStart);
  CHECK(parse_utc("1970-01-01T00:00:00Z").value() == WallTime{});
  for (const char* text : {"2024-02-29T23:59:59Z", "2000-02-29T00:00:00Z", "2199-12-31T23:59:59Z"}) {
    CHECK(format_utc(parse_utc(text).value()) == text);
  }
  for (const char* text :
       {"", "2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00:00z", "2027-01-15t08:00:00Z",
        "2027-01-15T08:00:00+00:00", "2027-01-15T08:00:00.0Z", "2027-02-29T00:00:00Z", "1900-02-28T00:00:00Z",
        "2027-13-01T00:00:00Z", "2027-00-01T00:00:00Z", "2027-04-31T00:00:00Z", "2027-01-15T24:00:00Z",
        "2027-01-15T08:60:00Z", "2027-01-15T08:00:60Z", "2201-01-01T00:00:00Z", "+027-01-15T08:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_utc(text));
  }
}

// The inputs that a fuzzer starts from or has found: see fuzz/fuzz_consent.cpp.
TEST_CASE("consent file: the fuzz corpus is read without harm", "[unit][consent]") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/consent")) {
    const std::string text = test::read_file(entry.path().string());
    INFO(entry.path());
    if (const auto envelope = parse_envelope(text)) CHECK(text.size() <= kMaxConsentFile);
    if (const auto consent = parse_consent(text)) CHECK(serialise(*consent) == text);
    ++files;
  }
  CHECK(files >= 10);
}

}  // namespace
}  // namespace gelombang
