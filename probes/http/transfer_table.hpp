// The active transfers, by their id. A transfer's memory is reused, because it is large and a request is short.
#pragma once

#include "probes/http/transfer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace gelombang {

class TransferTable {
 public:
  // Adds a transfer, with an id that no other transfer had for a long time.
  Transfer& add(TransferContext& context);
  // Null if the transfer has ended.
  [[nodiscard]] Transfer* find(TransferId id);
  void remove(TransferId id);
  void clear();

  [[nodiscard]] std::size_t size() const noexcept { return places_.size() - free_.size(); }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::optional<Transfer>& place : places_) {
      if (place) visit(*place);
    }
  }

 private:
  std::deque<std::optional<Transfer>> places_;  // as many as were ever active at once
  std::vector<std::uint32_t> free_;             // the empty ones among them
  std::uint32_t started_ = 0;                   // how many
};

}  // namespace gelombang
