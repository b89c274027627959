// The transfers under way, by their id, and the memory of those that ended: a request is then described, sent and
// answered in memory that another one has used before.
#pragma once

#include "probes/http_transfer.hpp"

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace gelombang {

class TransferTable {
 public:
  using Map = std::unordered_map<TransferId, std::unique_ptr<Transfer>>;

  // A new transfer, with an id of its own.
  Transfer& add(TransferContext& context);
  // Null where it has ended.
  [[nodiscard]] Transfer* find(TransferId id) const;
  void remove(Transfer& transfer);
  void clear() { transfers_.clear(); }
  // A result that nobody needs any more.
  void recycle(HttpResult result);

  [[nodiscard]] std::size_t size() const noexcept { return transfers_.size(); }
  [[nodiscard]] Map::const_iterator begin() const noexcept { return transfers_.begin(); }
  [[nodiscard]] Map::const_iterator end() const noexcept { return transfers_.end(); }

 private:
  Map transfers_;
  std::vector<Map::node_type> spare_;
  std::vector<HttpResult> spare_results_;  // empty, with memory
  TransferId last_id_ = 0;
};

}  // namespace gelombang
