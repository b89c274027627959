// Writes manual pages and completions of the two programs into a tree like /usr/share, during the build.
//
// usage: gelombang-pages DIRECTORY VERSION DATE
#include "app/cli.hpp"
#include "packaging/command_model.hpp"
#include "packaging/completion.hpp"
#include "packaging/manual_page.hpp"
#include "sandbox/options.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

namespace fs = std::filesystem;

namespace gelombang {
namespace {

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream file;
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.open(path, std::ios::binary);
  file << text;
  file.close();
}

void write_pages(const fs::path& tree, const CommandText& program, const std::string& version,
                 const std::string& date) {
  for (const ManualPage& page : manual_pages(program, version, date))
    write_file(tree / "man/man1" / (page.name + ".1"), page.text);
  const std::string name = program.line();
  write_file(tree / "bash-completion/completions" / name, bash_completion(program));
  write_file(tree / "zsh/vendor-completions" / ("_" + name), zsh_completion(program));
  write_file(tree / "fish/vendor_completions.d" / (name + ".fish"), fish_completion(program));
}

}  // namespace
}  // namespace gelombang

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 4) {
    std::cerr << "usage: gelombang-pages DIRECTORY VERSION DATE\n";
    return 1;
  }
  using namespace gelombang;
  try {
    const auto write = [&](const std::string& name) {
      return [&, name](const CLI::App& app) {
        write_pages(arguments[1], command_text(app, name), arguments[2], arguments[3]);
      };
    };
    show_commands(write("gelombang"));
    sandbox::show_options(write("gelombang-sandbox"));
  } catch (const std::exception& fault) {
    std::cerr << "gelombang-pages: " << fault.what() << '\n';
    return 1;
  }
  return 0;
}
