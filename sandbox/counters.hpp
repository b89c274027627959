// Exact counts of the responses, one row per method and endpoint. Lock-free, because every request passes here.
#pragma once

#include "sandbox/http_message.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace gelombang::sandbox {

std::string_view endpoint_path(Endpoint endpoint);
std::string_view method_name(Method method);

class Counters {
 public:
  struct Row {
    Method method;
    Endpoint endpoint;
    int status;
    std::uint64_t count;
  };

  Counters();
  // Called once for every response, when it is handed to the connection.
  void answered(Method method, Endpoint endpoint, int status) noexcept;
  [[nodiscard]] std::vector<Row> rows() const;  // rows above 0
  void reset() noexcept;

  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::int64_t> connections_open{0};
  // Responses whose client had left before they were written.
  std::atomic<std::uint64_t> undelivered{0};
  // Requests refused by the HTTP layer itself (malformed, header too large): they have no endpoint.
  std::atomic<std::uint64_t> malformed{0};

 private:
  static constexpr std::size_t kStatuses = 500;  // 100 to 599
  static constexpr std::size_t kMethods = static_cast<std::size_t>(Method::other) + 1;
  static constexpr std::size_t kEndpoints = static_cast<std::size_t>(Endpoint::count_);
  using Cells = std::array<std::atomic<std::uint64_t>, kStatuses * kMethods * kEndpoints>;
  std::unique_ptr<Cells> cells_;
};

}  // namespace gelombang::sandbox
