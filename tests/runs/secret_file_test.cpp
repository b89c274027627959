#include "runs/secret_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

using namespace gelombang;
using gelombang::test::TemporaryDirectory;
using gelombang::test::write_file;

TEST_CASE("secret file: its text without a byte order mark and the last line ends") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("secret");
  for (const char* text : {"pa ss", "pa ss\n", "pa ss\r\n", "pa ss\n\r\n\n", "\xEF\xBB\xBFpa ss\r\n"}) {
    INFO(text);
    write_file(path, text);
    CHECK(read_secret_file(path).value() == "pa ss");
  }
  write_file(path, " two\nlines \n");
  CHECK(read_secret_file(path).value() == " two\nlines ");
  write_file(path, std::string(kMostSecret, 'x'));
  CHECK(read_secret_file(path).value().size() == kMostSecret);
}

TEST_CASE("secret file: what cannot be one is refused without its text, and not read to its end") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("secret");
  const auto problem = [&path](const std::string& text) {
    write_file(path, text);
    const std::string message = read_secret_file(path).error().message;
    REQUIRE(message.starts_with(path + ": "));
    return message.substr(path.size() + 2);
  };
  CHECK(problem("") == "is empty");
  CHECK(problem("\n\r\n") == "is empty");
  CHECK(problem(std::string(kMostSecret + 1, 'x')) == "is longer than 65536 bytes");
  CHECK(problem(std::string("\xFF\xFEp\0a\0", 6)) == "is UTF-16: expected UTF-8");
  CHECK(problem(std::string("a\0b", 3)) == "has zero bytes in it: expected text");
  CHECK(read_secret_file(directory.file("none")).error().message ==
        directory.file("none") + ": No such file or directory");
  CHECK(read_secret_file("/dev/zero").error().message == "/dev/zero: has zero bytes in it: expected text");
}
