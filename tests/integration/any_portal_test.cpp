// The scenario printed in docs/scripting.md, played against a site that has nothing in common with the sandbox.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

using namespace gelombang::test;

namespace {

const std::string kSource = GELOMBANG_SOURCE_DIR;

std::string first_lua_block(const std::string& page) {
  const auto begin = page.find("```lua\n") + 7;
  return page.substr(begin, page.find("```", begin) - begin);
}

}  // namespace

TEST_CASE("any portal: the scenario printed in the manual plays a form-based shop", "[integration]") {
  ChildProcess shop({"python3", kSource + "/tests/integration/shop_server.py"});
  shop.wait_for_output("ready: ");
  const std::string out = shop.standard_output();
  const std::string url = out.substr(7, out.find('\n') - 7);

  TemporaryDirectory directory;
  write_file(directory.file("shop.lua"), first_lua_block(read_file(kSource + "/docs/scripting.md")));
  write_file(directory.file("customers.csv"), "user,password\nana,pass-ana\nbudi,pass-budi\n");
  const RunResult run =
      run_scenario(directory.file("shop.lua"), {"--target", url, "--users", "2", "--iterations", "4"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 0);
  for (const char* step : {"open login page", "log in", "orders", "upload picture"}) {
    CHECK(step_of(run.summary, std::string("customer/") + step).at("count").as_int64() == 4);
  }
}

TEST_CASE("any portal: a wrong password is a lost login of the target's making, found by the check", "[integration]") {
  ChildProcess shop({"python3", kSource + "/tests/integration/shop_server.py"});
  shop.wait_for_output("ready: ");
  const std::string out = shop.standard_output();
  TemporaryDirectory directory;
  write_file(directory.file("shop.lua"), first_lua_block(read_file(kSource + "/docs/scripting.md")));
  write_file(directory.file("customers.csv"), "user,password\nana,wrong\n");
  const RunResult run = run_scenario(
      directory.file("shop.lua"), {"--target", out.substr(7, out.find('\n') - 7), "--users", "1", "--iterations", "2"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 99);
  CHECK(step_of(run.summary, "customer/log in").at("errors").at("assert_redirect_login").as_int64() == 2);
}
