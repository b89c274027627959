// The one translation unit with Catch's main.
#define CATCH_CONFIG_MAIN
#include "tests/support/catch.hpp"

#include <csignal>

namespace {
// As the program itself does: libcurl and OpenSSL leave the signal to whoever uses them.
[[maybe_unused]] const auto kIgnored = std::signal(SIGPIPE, SIG_IGN);
}  // namespace
