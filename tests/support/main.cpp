// The one translation unit with the main of all tests.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

#include <spdlog/spdlog.h>

#include <csignal>

int main(int argc, char* argv[]) {
  // As the program itself does: libcurl and OpenSSL leave the signal to whoever uses them.
  std::signal(SIGPIPE, SIG_IGN);
  // Before there are threads, as the program does: the logger is made by whoever asks first.
  spdlog::default_logger_raw();
  return Catch::Session().run(argc, argv);
}
