// A snapshot as bytes, for the history: complete, exact and compact. Only what is not zero is written, so the same
// figures always give the same bytes.
//
//   snapshot  = version, steps, journeys, schedule_lag, mail, conformance, script errors
//   histogram = buckets, minimum, maximum - minimum, sum, clamped, counts at the boundaries   (nanoseconds)
//   under way = steps, each with response and service time, journeys, each with duration and person time, mail
//   counts    = how many are not zero, then for each: the distance from the previous one, its value
//
// All numbers are varints (base/varint.hpp). The bytes to read may come from anywhere: they are bounded and checked.
#pragma once

#include "base/result.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/under_way.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Appends.
void encode(const Snapshot& snapshot, std::string& out);
void encode(const Histogram& histogram, std::string& out);
void encode(const UnderWay& under_way, std::string& out);

// Error classes by the number that they had when written: the list does not only grow at its end.
class StoredErrorClasses {
 public:
  // With the numbers of this program.
  StoredErrorClasses();
  // From names() of another version of this program. An unknown name is an Error.
  static Result<StoredErrorClasses> from_names(std::string_view names);
  // For from_names(): separated by blanks.
  static std::string names();

  [[nodiscard]] std::size_t size() const noexcept { return classes_.size(); }
  [[nodiscard]] ErrorClass operator[](std::size_t stored) const noexcept { return classes_[stored]; }

 private:
  std::vector<ErrorClass> classes_;
};

// `snapshot` must have the layout that was written; it gets the content that was written. False if the bytes are
// invalid: then the content of `snapshot` is useless.
bool decode(std::string_view bytes, const StoredErrorClasses& classes, Snapshot& snapshot);
bool decode(std::string_view bytes, Histogram& histogram);
bool decode(std::string_view bytes, UnderWay& under_way);

// zlib, with the length in front.
std::string packed(std::string_view bytes);
// An Error if the bytes are invalid, or would unpack to more than `limit`.
Result<std::string> unpacked(std::string_view bytes, std::size_t limit);

}  // namespace gelombang
