// Photos of a run: each is drawn once and shared by all workers and users.
#pragma once

#include "imaging/photo.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace gelombang {

class PhotoStore {
 public:
  // Thread-safe. `key` tells specs apart; the same key always means the same spec.
  Result<std::shared_ptr<const std::string>> get(const std::string& key, const PhotoSpec& spec);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> photos_;
};

}  // namespace gelombang
