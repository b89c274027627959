// What a virtual user keeps of a failure.
#include "engine/privacy/evidence.hpp"
#include "engine/virtual_user.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

// "200, 201 or 302"
std::string alternatives(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 < numbers.size() ? ", " : " or ";
    text += fmt::format("{}{}", before, numbers[i]);
  }
  return text;
}

// Whether a script found this text in that answer: its body, the beginning of it, or some words of it.
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

void VirtualUser::keep_evidence(StepId step, const HttpResult& result) {
  const RequestSample& last = result.hops.back();
  if (!context_.recorder.wants_evidence(step, last.error)) return;
  Evidence evidence = evidence_of(result, redactor());
  // A whole answer: what was wrong with it is its status.
  if (evidence.detail.empty() && !expected_.empty()) evidence.detail = "expected status " + alternatives(expected_);
  evidence.step = step;
  evidence.tries = visit_.tries();
  evidence.sample = last;
  context_.recorder.evidence(std::move(evidence));
}

void VirtualUser::keep_evidence(StepId step, ErrorClass error, const FailedCheck& failed) {
  if (!context_.recorder.wants_evidence(step, error, failed.text)) return;
  const HttpResult* answer = answer_ != nullptr ? answer_ : kept_answer_.get();
  // It read the text of something else: the request that came last is not to blame. What a check says that it looked at
  // is in the script's own words.
  const bool read = failed.got && failed.by != "check";
  if (answer != nullptr && read && !is_of(answer->response, *failed.got)) answer = nullptr;
  Evidence evidence = evidence_of(failed, answer, redactor());
  evidence.step = step;
  evidence.tries = visit_.tries();
  if (answer != nullptr) {
    evidence.sample = answer->hops.back();
  } else {
    evidence.sample.started = context_.clock.now();
  }
  evidence.sample.outcome = Outcome::failure;
  evidence.sample.error = error;
  context_.recorder.evidence(std::move(evidence), failed.text);
}

// Of its body as much as is looked at, and so long as the evidence of a false check would be kept.
void VirtualUser::keep_answer(const HttpResult& answer) {
  constexpr std::size_t kEnough = 8 * Evidence::kMostBody;
  kept_answer_ = std::make_unique<HttpResult>();
  kept_answer_->hops.push_back(answer.hops.back());
  kept_answer_->response.method = answer.response.method;
  kept_answer_->response.url = answer.response.url;
  if (!context_.recorder.wants_evidence(static_cast<StepId>(step_), ErrorClass::assert_body)) return;
  kept_answer_->response.headers = answer.response.headers;
  kept_answer_->response.body = answer.response.body.substr(0, kEnough);
}

}  // namespace gelombang
