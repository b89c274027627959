#include "sandbox/counters.hpp"

#include <algorithm>

namespace gelombang::sandbox {

std::string_view endpoint_path(Endpoint endpoint) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Endpoint::count_)> kPaths = {
      "/",
      "/daftar",
      "/masuk",
      "/dashboard",
      "/verifikasi",
      "/api/accounts",
      "/api/accounts/verification",
      "/api/sessions",
      "/api/dashboard",
      "/api/identity",
      "/api/id-card",
      "/api/aptitude-test",
      "/api/waves/current",
      "/api/waves/current/join",
      "/_sandbox/",
      "(unknown)",
  };
  return kPaths[static_cast<std::size_t>(endpoint)];
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::del: return "DELETE";
    case Method::other: break;
  }
  return "OTHER";
}

Counters::Counters() : cells_(std::make_unique<Cells>()) {}

void Counters::answered(Method method, Endpoint endpoint, int status) noexcept {
  const auto column = static_cast<std::size_t>(std::clamp(status, 100, 599) - 100);
  const std::size_t row = static_cast<std::size_t>(endpoint) * kMethods + static_cast<std::size_t>(method);
  (*cells_)[row * kStatuses + column].fetch_add(1, std::memory_order_relaxed);
}

std::vector<Counters::Row> Counters::rows() const {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < cells_->size(); ++i) {
    const std::uint64_t count = (*cells_)[i].load(std::memory_order_relaxed);
    if (count == 0) continue;
    const std::size_t row = i / kStatuses;
    rows.push_back({static_cast<Method>(row % kMethods), static_cast<Endpoint>(row / kMethods),
                    static_cast<int>(i % kStatuses) + 100, count});
  }
  return rows;
}

void Counters::reset() noexcept {
  for (auto& cell : *cells_) cell.store(0, std::memory_order_relaxed);
}

}  // namespace gelombang::sandbox
