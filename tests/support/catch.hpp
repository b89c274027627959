// Includes Catch's headers and hides the differences between versions 2 and 3.
#pragma once

#include "base/result.hpp"

#if __has_include(<catch2/catch_test_macros.hpp>)
// IWYU pragma: begin_exports
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
// IWYU pragma: end_exports

#include <string>

// The names of version 2. Version 2 has one matcher name for a part of a text and for an element of a range.
using Catch::Approx;
namespace Catch {
using Matchers::StartsWith;
inline auto Contains(const std::string& part) { return Matchers::ContainsSubstring(part); }
}  // namespace Catch
#else
#include <catch2/catch.hpp>  // IWYU pragma: export
#endif

// A Result in a REQUIRE or CHECK shows its error.
template <class T>
struct Catch::StringMaker<boost::system::result<T, gelombang::Error>> {
  static std::string convert(const boost::system::result<T, gelombang::Error>& result) {
    return result ? "a value" : "error: " + result.error().message;
  }
};
