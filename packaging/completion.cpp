#include "packaging/completion.hpp"

namespace gelombang {

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return result + "'";
}

std::string function_name(const CommandText& command) {
  std::string name = "_" + command.joined('_');
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

}  // namespace gelombang
