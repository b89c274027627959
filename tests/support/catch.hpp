// The one place that names Catch's header, so that version 3 is a change of one line.
#pragma once

#include <catch2/catch.hpp>  // IWYU pragma: export
