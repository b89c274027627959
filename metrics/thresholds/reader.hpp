// The common beginning of all conditions on a figure: `[journey/]step | all : METRIC AGGREGATE`. Thresholds continue
// with a comparison, conditions on a change with a limit.
#pragma once

#include "base/result.hpp"
#include "metrics/thresholds/threshold.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class ThresholdReader {
 public:
  // `kind` is the name of the condition in errors.
  ThresholdReader(std::string_view kind, std::string_view text);

  // Reads up to the aggregate. `form` is shown if there is no colon.
  Result<void> read(std::string_view form);

 protected:
  ~ThresholdReader() = default;
  [[nodiscard]] Error fail(std::string_view problem, std::string_view expected) const;
  // About the current word.
  [[nodiscard]] Error fail_here(std::string_view expected) const;
  [[nodiscard]] bool at_end() const { return at_ >= words_.size(); }
  // The current word, or nothing.
  [[nodiscard]] std::string_view here() const { return at_end() ? std::string_view() : words_[at_]; }
  bool take(std::string_view word);
  void skip() { ++at_; }

  Threshold threshold_;

 private:
  Result<void> metric();
  Result<void> aggregate();

  std::string_view kind_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

}  // namespace gelombang
