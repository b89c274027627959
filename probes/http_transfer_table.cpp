#include "probes/http_transfer_table.hpp"

#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kSpare = 64;             // as many end in one round of the loop
constexpr std::size_t kLargeBody = 64 * 1024;  // more than this is not kept for the next answer

}  // namespace

Transfer& TransferTable::add(TransferContext& context) {
  const TransferId id = ++last_id_;
  Transfer* transfer = nullptr;
  if (spare_.empty()) {
    transfer = transfers_.emplace(id, std::make_unique<Transfer>(context, id)).first->second.get();
  } else {
    Map::node_type node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = id;
    transfer = node.mapped().get();
    transfer->id = id;
    transfers_.insert(std::move(node));
  }
  if (!spare_results_.empty()) {
    transfer->result = std::move(spare_results_.back());
    spare_results_.pop_back();
    transfer->hop.response = std::move(transfer->result.response);
  }
  return *transfer;
}

Transfer* TransferTable::find(TransferId id) const {
  const auto found = transfers_.find(id);
  return found != transfers_.end() ? found->second.get() : nullptr;
}

void TransferTable::remove(Transfer& transfer) {
  if (spare_.size() >= kSpare) {
    transfers_.erase(transfer.id);
    return;
  }
  transfer.clear();
  spare_.push_back(transfers_.extract(transfer.id));
}

void TransferTable::recycle(HttpResult result) {
  if (spare_results_.size() >= kSpare || result.response.body.capacity() > kLargeBody) return;
  result.hops.clear();
  result.error_detail.clear();
  HttpResponse& response = result.response;
  response.status = 0;
  response.url.clear();
  response.headers.clear();
  response.body.clear();
  response.body_truncated = false;
  response.body_size = 0;
  spare_results_.push_back(std::move(result));
}

}  // namespace gelombang
