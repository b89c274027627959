// The memory of answers that have been delivered, for those that come.
#pragma once

#include "probes/http/message.hpp"

#include <vector>

namespace gelombang {

class SpareResults {
 public:
  // Gives the memory of an earlier one, where there is some, to a result that has none.
  void lend(HttpResult& result);
  void give_back(HttpResult&& result);

 private:
  std::vector<HttpResult> spare_;
};

}  // namespace gelombang
