// The command line of gelombang-sandbox.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace gelombang::sandbox {

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string tls_certificate;
  std::string tls_key;
  std::string data;  // empty: a temporary directory
  std::string mail;  // empty: a Maildir in the data directory
  std::uint64_t accounts = 0;
  std::uint64_t seed = 1;
  std::string hash_cost = "default";
  std::uint64_t photo_limit = 2'000'000;  // bytes; a photo must be smaller
  unsigned threads = 1;                   // event loops
};

struct ParsedOptions {
  std::optional<Options> options;  // nothing: exit with exit_code
  int exit_code = 0;
};

inline constexpr int kExitBadInput = 104;

// Prints the help, the version or one line about the error.
ParsedOptions parse_options(int argc, char** argv);

// Shows `look` the command line as CLI11 knows it: the manual page and completions are made from it.
void show_options(const std::function<void(const CLI::App&)>& look);

}  // namespace gelombang::sandbox
