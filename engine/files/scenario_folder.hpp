// The files that a scenario names, and the only way to open them. A scenario may come from somebody else. So it may
// only read files beside it or below, files in the shipped folder, and paths that the caller gave as a whole value of
// --set.
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

// Of UTF-8. Some programs begin their text files with it. It is not part of the text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A regular file that is open for reading. What is appended to it later is not read.
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
  // The whole text; an Error if it has more than `most` bytes.
  Result<std::string> read_all(std::uint64_t most);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // as messages show it
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }       // bytes, when it was opened
  // Two opened files with the same version hold the same bytes.
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

  // An Error if this is not a regular file, or if links lead out of the root. The check is made on the opened
  // descriptor, so nobody can change the path in between. Before the check, the file itself is not touched.
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
  // `settings`: those of --set. `library_paths`: the shipped folders, which are searched after the scenario's own.
  ScenarioFolder(const std::string& scenario, const std::map<std::string, std::string>& settings,
                 const std::vector<std::string>& library_paths);

  // A data file. If the name is a whole value of --set, it is a path in the caller's folder, otherwise in the
  // scenario's. An Error if the name leads elsewhere. A missing file is an Error only when it is opened.
  [[nodiscard]] Result<NamedFile> find_data(std::string_view name) const;
  // A Lua file; never a path of the caller.
  [[nodiscard]] Result<NamedFile> find_module(std::string_view name) const;
  // Where a module is searched, in this order.
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
