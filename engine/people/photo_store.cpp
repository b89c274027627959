#include "engine/people/photo_store.hpp"

namespace gelombang {

Result<std::shared_ptr<const std::string>> PhotoStore::get(const std::string& key, const PhotoSpec& spec) {
  // Locked while drawing: several workers load the same scenario, but each photo must be drawn only once.
  const std::lock_guard lock(mutex_);
  const auto found = photos_.find(key);
  if (found != photos_.end()) return found->second;
  auto made = make_photo(spec);
  if (made.has_value()) photos_.emplace(key, *made);
  return made;
}

}  // namespace gelombang
