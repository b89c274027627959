// A string that can be sent but not shown: it has no stream operator and no fmt formatter,
// so printing or logging one does not compile.
#pragma once

#include <string>
#include <utility>

namespace gelombang {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  // The only way to the text; every caller is a place to review.
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gelombang
