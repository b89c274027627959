// The one place that names Catch's header, so that version 3 is a change of one line.
#pragma once

#include "base/result.hpp"

#include <catch2/catch.hpp>  // IWYU pragma: export

// A Result in a REQUIRE or CHECK shows its error.
template <class T>
struct Catch::StringMaker<boost::system::result<T, gelombang::Error>> {
  static std::string convert(const boost::system::result<T, gelombang::Error>& result) {
    return result ? "a value" : "error: " + result.error().message;
  }
};
