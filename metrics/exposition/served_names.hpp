// The names under which this machine's pages may be asked for. A site that somebody visits may give a name of its own
// our address: a browser then asks us in that name, and would show the site what we answer. Addresses, localhost and
// the machine's own name cannot be lent like that.
#pragma once

#include "base/result.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class ServedNames {
 public:
  // Further names, such as "load1.example.org": without a port. What is no name is an Error.
  static Result<ServedNames> with(const std::vector<std::string>& further);
  // Addresses, localhost and this machine's name.
  ServedNames();

  // Of a Host header's value, a port with it.
  [[nodiscard]] bool serve(std::string_view host) const;

 private:
  std::set<std::string, std::less<>> names_;  // in lower case, without a last dot
};

}  // namespace gelombang
