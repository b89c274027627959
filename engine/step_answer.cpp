#include "engine/step_answer.hpp"

#include "metrics/sampled_details.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

// Whether a script read this text from that answer: the body, its beginning, or some words of body or headers.
bool is_of(const HttpResponse& answer, std::string_view text) {
  constexpr std::size_t kMostText = 512;
  constexpr std::size_t kMostBody = 16 * 1024;
  const std::string_view body = answer.body;
  const std::size_t both = std::min(body.size(), text.size());
  if (body.substr(0, both) == text.substr(0, both)) return true;
  if (text.size() > kMostText) return false;
  return body.substr(0, kMostBody).find(text) != std::string_view::npos ||
         answer.headers.text().substr(0, kMostBody).find(text) != std::string_view::npos;
}

}  // namespace

void StepAnswer::forget() noexcept {
  shown_ = nullptr;
  kept_.reset();
}

const HttpResult* StepAnswer::hide() noexcept { return std::exchange(shown_, nullptr); }

void StepAnswer::keep(const HttpResult& answer, bool with_body) {
  constexpr std::size_t kEnough = 8 * Evidence::kMostBody;
  kept_ = std::make_unique<HttpResult>();
  kept_->hops.push_back(answer.hops.back());
  kept_->response.method = answer.response.method;
  kept_->response.url = answer.response.url;
  if (!with_body) return;
  kept_->response.headers = answer.response.headers;
  kept_->response.body = answer.response.body.substr(0, kEnough);
}

const HttpResult* StepAnswer::blamed_by(const FailedCheck& failed) const {
  const HttpResult* answer = shown_ != nullptr ? shown_ : kept_.get();
  // A check describes what it looked at in the script's own words. Everything else gives the text that it read. If that
  // text is not from this answer, the answer is not to blame.
  const bool read = failed.got && failed.by != "check";
  return answer != nullptr && read && !is_of(answer->response, *failed.got) ? nullptr : answer;
}

}  // namespace gelombang
