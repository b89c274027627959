#include "probes/http/spare_results.hpp"

#include <cstddef>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kSpare = 64;         // more than complete at a time, even if many users press the same button
constexpr std::size_t kLarge = 64 * 1024;  // more than this is not kept for the next answer

}  // namespace

void SpareResults::lend(HttpResult& result) {
  if (spare_.empty()) return;
  result = std::move(spare_.back());
  spare_.pop_back();
}

void SpareResults::give_back(HttpResult&& result) {
  HttpResponse& response = result.response;
  if (spare_.size() >= kSpare || result.hops.capacity() == 0) return;  // no capacity: the result was moved elsewhere
  if (response.body.capacity() > kLarge || response.headers.text().capacity() > kLarge) return;
  result.hops.clear();
  result.passed_cookies.clear();
  result.error_detail.clear();
  response.status = 0;
  response.url.clear();
  response.headers.clear();
  response.body.clear();
  response.body_truncated = false;
  response.body_size = 0;
  spare_.push_back(std::move(result));
}

}  // namespace gelombang
