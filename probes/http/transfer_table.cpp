#include "probes/http/transfer_table.hpp"

namespace gelombang {

Transfer& TransferTable::add(TransferContext& context) {
  const TransferId id = ++last_id_;
  return transfers_.try_emplace(id, context, id).first->second;
}

Transfer* TransferTable::find(TransferId id) {
  const auto found = transfers_.find(id);
  return found != transfers_.end() ? &found->second : nullptr;
}

}  // namespace gelombang
