// The options of a command that plays or checks a scenario, as CLI11 knows them, and the request made from them.
#pragma once

#include "base/result.hpp"
#include "runs/request_options.hpp"

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace gelombang {

// A request, and the error in reading it: a command that plays sets its documents aside before it refuses.
struct ReadRequest {
  RunRequest request;
  std::optional<Error> problem;  // the first one
};

class GivenOptions {
 public:
  // `defaults` holds the values of options that are not given.
  explicit GivenOptions(RunRequest defaults = {}) : defaults_(std::move(defaults)) {}

  // This object must outlive the parsing of the command.
  void add_to(CLI::App& command, std::initializer_list<RequestOption::Group> groups);
  // Call it after the parsing.
  [[nodiscard]] ReadRequest read() const;

 private:
  struct Given {
    const RequestOption* row;
    CLI::Option* option;
    std::string text;
    std::vector<std::string> texts;
    bool flag = false;  // --flag=false means not given
  };
  void add(CLI::App& command, Given& given) const;

  RunRequest defaults_;
  std::deque<Given> given_;  // CLI11 keeps references
};

}  // namespace gelombang
