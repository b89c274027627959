// The transfers under way, by their id.
#pragma once

#include "probes/http/transfer.hpp"

#include <cstddef>
#include <unordered_map>

namespace gelombang {

class TransferTable {
 public:
  using Map = std::unordered_map<TransferId, Transfer>;

  // A new transfer, with an id of its own.
  Transfer& add(TransferContext& context);
  // Null where it has ended.
  [[nodiscard]] Transfer* find(TransferId id);
  void remove(TransferId id) { transfers_.erase(id); }
  void clear() { transfers_.clear(); }

  [[nodiscard]] std::size_t size() const noexcept { return transfers_.size(); }
  [[nodiscard]] Map::iterator begin() noexcept { return transfers_.begin(); }
  [[nodiscard]] Map::iterator end() noexcept { return transfers_.end(); }

 private:
  Map transfers_;
  TransferId last_id_ = 0;
};

}  // namespace gelombang
