#include "probes/consent/key.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace gelombang {
namespace {

using test::read_file;
using test::TemporaryDirectory;
using test::write_file;

TEST_CASE("consent key: what is signed verifies, anything else does not", "[unit][consent]") {
  const auto key = ConsentSecretKey::generate();
  const auto other = ConsentSecretKey::generate();
  REQUIRE(key);
  REQUIRE(other);
  ConsentSignature signature = key->sign("message");
  CHECK(key->public_key().verifies("message", signature));
  CHECK_FALSE(key->public_key().verifies("messagE", signature));
  CHECK_FALSE(other->public_key().verifies("message", signature));
  signature[10] ^= 1;
  CHECK_FALSE(key->public_key().verifies("message", signature));
}

TEST_CASE("consent key: a saved secret key is private, loads again and is never replaced", "[unit][consent]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("secret.key");
  const auto key = ConsentSecretKey::generate();
  REQUIRE(key->save(path));
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  const auto loaded = ConsentSecretKey::load(path);
  REQUIRE(loaded);
  CHECK(loaded->public_key() == key->public_key());
  CHECK(loaded->sign("x") == key->sign("x"));

  const std::string before = read_file(path);
  const auto again = ConsentSecretKey::generate()->save(path);
  REQUIRE_FALSE(again);
  CHECK(again.error().message ==
        "cannot create the key file " + path + ": it exists already, and a key is never replaced");
  CHECK(read_file(path) == before);
}

TEST_CASE("consent key: a secret key that others can read is refused", "[unit][consent]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("secret.key");
  REQUIRE(ConsentSecretKey::generate()->save(path));
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  const auto loaded = ConsentSecretKey::load(path);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message ==
        "the secret key file " + path + " can be read by others: make it private with chmod 600");
}

TEST_CASE("consent key: a public key is given as text or as a file", "[unit][consent]") {
  const TemporaryDirectory directory;
  const ConsentKey key = ConsentSecretKey::generate()->public_key();
  CHECK(ConsentKey::load(key.text()).value() == key);
  write_file(directory.file("portal.pub"), "  " + key.text() + "\r\n");
  CHECK(ConsentKey::load(directory.file("portal.pub")).value() == key);
}

TEST_CASE("consent key: a bad key gets one clear line", "[unit][consent]") {
  const TemporaryDirectory directory;
  CHECK(ConsentKey::load("gelombang-consent-key:AAAA").error().message ==
        "not a consent key: expected 32 bytes in base64 after 'gelombang-consent-key:'");
  CHECK(ConsentKey::load("gelombang-consent-key:").error().message ==
        "not a consent key: expected 32 bytes in base64 after 'gelombang-consent-key:'");
  const std::string missing = directory.file("missing.pub");
  CHECK(ConsentKey::load(missing).error().message ==
        "cannot read the key file " + missing + ": No such file or directory");
  CHECK(ConsentKey::load(directory.path()).error().message ==
        "cannot read the key file " + directory.path() + ": not a regular file");
  const std::string junk = directory.file("junk");
  write_file(junk, std::string(100'000, 'x'));
  CHECK(ConsentKey::load(junk).error().message ==
        junk + ": not a consent key: expected a line that starts with 'gelombang-consent-key:'");

  const std::string secret = directory.file("secret.key");
  REQUIRE(ConsentSecretKey::generate()->save(secret));
  CHECK(ConsentKey::load(secret).error().message ==
        secret + " holds a secret key: give the public one, which stays with whoever runs the test");
  REQUIRE(chmod(junk.c_str(), 0600) == 0);
  CHECK(ConsentSecretKey::load(junk).error().message ==
        junk + " is not a secret consent key: expected a line that starts with 'gelombang-consent-secret-key:'");
}

TEST_CASE("base64: one spelling for the same bytes", "[unit][consent]") {
  CHECK(to_base64("") == "");
  CHECK(to_base64("a") == "YQ==");
  CHECK(to_base64("abc") == "YWJj");
  CHECK(from_base64("YQ==").value() == "a");
  CHECK(from_base64("").value().empty());
  for (const char* text : {"YQ", "YQ=", "YR==", "YQ==\n", " YQ==", "Y", "YW_j", "YWJj=", "YQ==YQ=="}) {
    INFO(text);
    CHECK_FALSE(from_base64(text));
  }
}

}  // namespace
}  // namespace gelombang
