// The files that a scenario names, and the only way to open them. A scenario may come from somebody else: it reads what
// lies beside it or below and in the shipped folder, and elsewhere only a path that the caller gave whole with --set.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// UTF-8's. Text files of some programs begin with it; it is no part of the text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A regular file that is open for reading. What is written to it later is not read.
class InputFile {
 public:
  InputFile(int descriptor, std::string path, std::uint64_t size, std::string version) noexcept;
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Bytes read; 0 at the end.
  Result<std::size_t> read(char* to, std::size_t most);
  // The whole text; an Error where it has more than `most` bytes.
  Result<std::string> read_all(std::uint64_t most);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // as messages show it
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }       // bytes, when it was opened
  // Two openings with the same version have read the same bytes.
  [[nodiscard]] const std::string& version() const noexcept { return version_; }

 private:
  int descriptor_;
  std::string path_;
  std::uint64_t size_;
  std::uint64_t left_;
  std::string version_;
};

// A file that may be opened. It need not exist.
class NamedFile {
 public:
  // A path that the caller of the program gave: any regular file.
  static NamedFile of_caller(std::string path) { return {std::move(path), ""}; }
  NamedFile(std::string path, std::string root) noexcept : path_(std::move(path)), root_(std::move(root)) {}

  // What is no regular file, or where links lead out of the root, is an Error. The check is of what was opened, so that
  // nobody can change the path in between; before it nothing of the file is touched.
  [[nodiscard]] Result<InputFile> open() const;
  [[nodiscard]] bool exists() const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::string root_;  // without links; empty: anywhere
};

class ScenarioFolder {
 public:
  ScenarioFolder() = default;
  // `settings` are those of --set; `library_paths` the shipped folders, which are looked at after the scenario's own.
  ScenarioFolder(const std::string& scenario, const std::map<std::string, std::string>& settings,
                 const std::vector<std::string>& library_paths);

  // A file of data: a whole value of --set is a path of the caller's folder, every other one of the scenario's. An
  // Error where the name leads elsewhere; what is not there is found missing when it is opened.
  [[nodiscard]] Result<NamedFile> find_data(std::string_view name) const;
  // A file of Lua; never a path of the caller's.
  [[nodiscard]] Result<NamedFile> find_module(std::string_view name) const;
  // Where a module is looked for, in this order.
  [[nodiscard]] std::vector<std::string> places(std::string_view name) const;

 private:
  struct Root {
    std::string shown;  // as it was given
    std::string real;
  };
  std::vector<Root> roots_;
  std::set<std::string, std::less<>> callers_;
};

}  // namespace gelombang
