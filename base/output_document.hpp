// The output of a command, to a file or to stdout: it is complete, or an Error says why not.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// A file is written beside its place and renamed, so nobody ever reads half of it. Links are followed: their target is
// written. Anything but a regular file (a device, a pipe, a descriptor under /dev/fd) is never replaced, but written
// directly. An earlier file that this document does not replace becomes FILE~, so nobody takes it for this document.
// One thread.
class OutputDocument {
 public:
  // "" and "-" are stdout. Touches nothing.
  explicit OutputDocument(std::string path);
  // Acts like a failed finish() if finish() was not called.
  ~OutputDocument();
  OutputDocument(const OutputDocument&) = delete;
  OutputDocument& operator=(const OutputDocument&) = delete;

  [[nodiscard]] bool on_stdout() const noexcept { return place_.kind == Place::Kind::standard; }
  // An Error if it is clear beforehand that nothing can be written there. A file is tried out, because permissions
  // alone do not tell: least of all for root and under /proc.
  [[nodiscard]] Result<void> usable() const;
  // Whether `other` is the same file, or would be.
  [[nodiscard]] bool names(const std::string& other) const;
  // Nothing will be written: an earlier file stays.
  void leave() noexcept { finished_ = true; }
  // An earlier file becomes FILE~ now: for work that takes long and may be killed meanwhile. If nothing can be made in
  // its directory, the earlier file is emptied. An Error if even that is impossible, or if FILE~ is no file.
  Result<void> set_aside();
  // After a failure, writes nothing more; finish() reports the failure.
  void write(std::string_view text);
  Result<void> finish();

 private:
  struct Place {
    enum class Kind : std::uint8_t { standard, descriptor, straight, beside };
    Kind kind = Kind::standard;
    std::string path;            // after following all links
    int descriptor = -1;         // of this process, if the path names one
    std::optional<mode_t> mode;  // of the earlier file
  };
  static Place find(const std::string& path);
  [[nodiscard]] std::string partial_path() const;
  [[nodiscard]] int try_beside() const;
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

// Writes to stdout at once.
void print(std::string_view text);
// An Error, once, if anything printed since the last call did not get to stdout.
Result<void> all_printed();

// Replaces each closed descriptor from 0 to 2 by one that can be neither read nor written, so no file opened later
// takes its number. Call before anything is opened.
void reserve_standard_descriptors();

}  // namespace gelombang
