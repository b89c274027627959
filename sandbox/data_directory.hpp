// The directory of everything that the portal keeps. Only one program at a time may use it.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace gelombang::sandbox {

class DataDirectory {
 public:
  // Creates and locks `path`. Empty: a temporary directory that is removed with this object.
  static Result<std::unique_ptr<DataDirectory>> open(const std::string& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool temporary() const { return temporary_; }

 private:
  DataDirectory(std::string path, bool temporary, int lock)
      : path_(std::move(path)), temporary_(temporary), lock_(lock) {}

  std::string path_;
  bool temporary_;
  int lock_;  // descriptor that holds the lock
};

}  // namespace gelombang::sandbox
