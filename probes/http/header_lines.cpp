#include "probes/http/header_lines.hpp"

namespace gelombang {

void HeaderLines::clear() noexcept {
  text_.clear();
  starts_.clear();
}

void HeaderLines::add(std::initializer_list<std::string_view> pieces) {
  starts_.push_back(text_.size());
  for (const std::string_view piece : pieces) text_.append(piece);
  text_.push_back('\0');
}

curl_slist* HeaderLines::list() {
  nodes_.resize(starts_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text_.data() + starts_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  return nodes_.empty() ? nullptr : nodes_.data();
}

}  // namespace gelombang
