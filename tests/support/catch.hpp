// The one place that names Catch's headers, and says where version 3 differs from 2.
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

// By the names of version 2, where a part of a text and an element of a range are not told apart.
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
