#include "base/command_line.hpp"

#include "tests/support/catch.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gelombang {
namespace {

// A program of one command with one number.
struct Program {
  CLI::App app{"program"};
  unsigned days = 3;
  std::string load;
  bool quick = false;

  Program() {
    CLI::App* command = app.add_subcommand("play", "");
    add_number_option(*command, "--days", days, "", 1, 90)->capture_default_str();
    command->add_option("--load", load, "");
    app.add_flag("--quick", quick, "");
    app.fallthrough();
  }

  // What is wrong with these words; empty: nothing.
  std::string parse(std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    if (const auto empty = option_left_empty(app, static_cast<int>(argv.size()), argv.data())) return *empty;
    try {
      app.parse(static_cast<int>(argv.size()), argv.data());
      return {};
    } catch (const CLI::ParseError& problem) {
      return problem.what();
    }
  }
};

}  // namespace

TEST_CASE("command line: a number is decimal digits within its range", "[unit]") {
  Program ten;
  CHECK(ten.parse({"play", "--days", "010"}).empty());
  CHECK(ten.days == 10);
  for (const char* text : {"-1", "+5", "0x10", " 5", "5 ", "1e1"}) {
    INFO(text);
    CHECK(Program().parse({"play", "--days", text}).starts_with(std::string("--days: '") + text + "' is not a whole"));
  }
  CHECK(Program().parse({"play", "--days=91"}) == "--days: 91 is not in the range from 1 to 90");
  CHECK(Program().parse({"play", "--days", "0"}) == "--days: 0 is not in the range from 1 to 90");
  CHECK(Program().parse({"play", "--days", "1", "--days", "2"}).starts_with("--days"));
}

TEST_CASE("command line: help says what a number option takes and what holds without it", "[unit]") {
  const Program program;
  const CLI::Option* option = program.app.get_subcommand("play")->get_option("--days");
  CHECK(option->get_type_name() == "UINT in [1 - 90]");
  CHECK(option->get_default_str() == "3");
}

TEST_CASE("command line: an option with nothing behind its equals sign does not take the next word", "[unit]") {
  CHECK(Program().parse({"play", "--load=", "smoke"}) == "--load");
  CHECK(Program().parse({"play", "--days="}) == "--days");
  CHECK(Program().parse({"play", "--quick="}) == "--quick");
  Program whole;
  CHECK(whole.parse({"play", "--load=a="}).empty());
  CHECK(whole.load == "a=");
  CHECK(Program().parse({"play", "--nothing-of-ours="}).find("--nothing-of-ours=") != std::string::npos);
}

}  // namespace gelombang
