// What a command was asked to write, to a file or to stdout: it is there whole, or an Error says why not.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// A file is written beside its place and renamed, so that nobody ever reads half of one. Links are followed: what they
// point to is written. What is no regular file (a device, a pipe, a descriptor under /dev/fd) is never replaced, but
// written straight. An earlier file that this document does not replace becomes FILE~, so that nobody takes it for
// this one. One thread.
class OutputDocument {
 public:
  // "" and "-" are stdout. Touches nothing.
  explicit OutputDocument(std::string path);
  // As after a failed finish(), where none succeeded.
  ~OutputDocument();
  OutputDocument(const OutputDocument&) = delete;
  OutputDocument& operator=(const OutputDocument&) = delete;

  [[nodiscard]] bool on_stdout() const noexcept { return place_.kind == Place::Kind::standard; }
  // An Error where it can be seen beforehand that nothing can be written there.
  [[nodiscard]] Result<void> usable() const;
  // Whether that is the same file, or would be.
  [[nodiscard]] bool names(const std::string& other) const;
  // An earlier file stays where nothing is written.
  void leave() noexcept { finished_ = true; }
  // An earlier file becomes FILE~ now: for what takes long, and may be killed meanwhile. Where nothing can be made
  // in its directory, the earlier file is emptied; an Error where not even that is possible, or FILE~ is no file.
  Result<void> set_aside();
  // After a failure nothing more is written; finish() tells it.
  void write(std::string_view text);
  Result<void> finish();

 private:
  struct Place {
    enum class Kind : std::uint8_t { standard, descriptor, straight, beside };
    Kind kind = Kind::standard;
    std::string path;            // what all links lead to
    int descriptor = -1;         // of this process, where the path names one
    std::optional<mode_t> mode;  // of the earlier file
  };
  static Place find(const std::string& path);
  void open();
  void flush();
  void close();
  [[nodiscard]] Error failure();

  std::string path_;
  Place place_;
  std::string partial_;
  std::string buffer_;
  int fd_ = -1;
  int error_ = 0;  // an errno
  bool in_place_ = false;
  bool aside_ = false;
  bool finished_ = false;
};

// At once, on stdout.
void print(std::string_view text);
// An Error, once, where something that was printed since the last call did not get there.
Result<void> all_printed();

// So that nothing that is opened later is taken for them, one of the descriptors 0 to 2 that is closed becomes one that
// can be neither read nor written. Before anything is opened.
void reserve_standard_descriptors();

}  // namespace gelombang
