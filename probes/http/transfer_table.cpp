#include "probes/http/transfer_table.hpp"

namespace gelombang {
namespace {

// An id has a number of its own in its upper half, which is never 0, and the place in its lower half.
std::size_t index_of(TransferId id) { return id & UINT32_MAX; }

}  // namespace

Transfer& TransferTable::add(TransferContext& context) {
  if (free_.empty()) {
    if (free_.capacity() <= places_.size()) free_.reserve(2 * places_.size() + 16);  // so that remove() needs no memory
    places_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(places_.size() - 1));
  }
  if (++started_ == 0) ++started_;
  const std::uint32_t place = free_.back();
  Transfer& transfer = places_[place].emplace(context, TransferId{started_} << 32U | place);
  free_.pop_back();
  return transfer;
}

Transfer* TransferTable::find(TransferId id) {
  const std::size_t place = index_of(id);
  if (place >= places_.size()) return nullptr;
  std::optional<Transfer>& found = places_[place];
  return found && found->id == id ? &*found : nullptr;
}

void TransferTable::remove(TransferId id) {
  if (find(id) == nullptr) return;
  places_[index_of(id)].reset();
  free_.push_back(static_cast<std::uint32_t>(index_of(id)));
}

void TransferTable::clear() {
  places_.clear();
  free_.clear();
}

}  // namespace gelombang
