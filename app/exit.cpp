#include "app/exit.hpp"

#include "app/say.hpp"
#include "metrics/json_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace gelombang {

std::string printable_lines(std::string_view why) {
  std::string out;
  for (;;) {
    const std::size_t end = std::min(why.find('\n'), why.size());
    out += printable(why.substr(0, end));
    if (end == why.size()) return out;
    out += '\n';
    why.remove_prefix(end + 1);
  }
}

int refuse(ExitCause cause, std::string_view why) {
  say("gelombang: {}\n", printable_lines(why));
  return static_cast<int>(cause);
}

void leave(int exit_code) {
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

}  // namespace gelombang
