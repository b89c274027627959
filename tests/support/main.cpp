// The one translation unit with Catch's main.
#define CATCH_CONFIG_MAIN
#include "tests/support/catch.hpp"
