// The host names under which this machine's pages may be requested. A site that somebody visits may point a name of its
// own to our address (DNS rebinding): a browser then sends us requests under that name, and would show our responses to
// the site. Addresses, localhost and the machine's own name cannot be misused like that.
#pragma once

#include "base/result.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class ServedNames {
 public:
  // Further names, without a port, such as "load1.example.org". An invalid name is an Error.
  static Result<ServedNames> with(const std::vector<std::string>& further);
  // Addresses, localhost and this machine's name.
  ServedNames();

  // `host`: the value of a Host header, which may include a port.
  [[nodiscard]] bool serve(std::string_view host) const;

 private:
  std::set<std::string, std::less<>> names_;  // in lower case, without a last dot
};

}  // namespace gelombang
