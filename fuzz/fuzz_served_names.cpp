// The Host header of a request for a page: no name but ours is served, in any spelling.
#include "metrics/exposition/served_names.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool fits_a_host(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-._:[]").find(c) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ServedNames names = ServedNames::with({"load1.example.test"}).value();
  const std::string host(reinterpret_cast<const char*>(data), size);
  if (names.serve(host)) {
    must(std::all_of(host.begin(), host.end(), fits_a_host));
    std::string capitals = host;
    std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    must(names.serve(capitals));
  }
  // With a foreign name before it, or with one of ours before it.
  must(!names.serve("rebound.test" + host) && !names.serve("rebound.test." + host));
  must(host.empty() || host.front() == ':' || !names.serve("load1.example.test." + host));
  const auto further = ServedNames::with({host});
  if (further) {
    must(further->serve(host) && further->serve(host + ":9780"));
  } else {
    must(!further.error().message.empty() && further.error().message.find('\n') == std::string::npos);
  }
  return 0;
}
