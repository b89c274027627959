// The memory of delivered responses, for later ones.
#pragma once

#include "probes/http/message.hpp"

#include <vector>

namespace gelombang {

class SpareResults {
 public:
  // Gives a result without memory that of an earlier result, if there is any.
  void lend(HttpResult& result);
  void give_back(HttpResult&& result);

 private:
  std::vector<HttpResult> spare_;
};

}  // namespace gelombang
