// main() of all test programs.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

#include <spdlog/spdlog.h>

#include <csignal>

int main(int argc, char* argv[]) {
  // As the program does: libcurl and OpenSSL leave SIGPIPE to the program that uses them.
  std::signal(SIGPIPE, SIG_IGN);
  // Before there are threads, as the program does: the first call creates the logger.
  spdlog::default_logger_raw();
  return Catch::Session().run(argc, argv);
}
