// The last answer of the open step, which the script may judge. The whole answer is there until the script that
// received it waits. After a pause only its beginning is left. Evidence of a failed check shows the answer.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "probes/http/message.hpp"

#include <memory>

namespace gelombang {

class StepAnswer {
 public:
  void forget() noexcept;
  // The script receives this answer. The answer lives until the script waits for something.
  void show(const HttpResult& answer) noexcept { shown_ = &answer; }
  // The script has stopped. Returns the answer that it received, if any.
  const HttpResult* hide() noexcept;
  // Keeps an answer during a pause: method, URL and sample; `with_body` adds the headers, and as much of the body as
  // evidence needs.
  void keep(const HttpResult& answer, bool with_body);
  void forget_kept() noexcept { kept_.reset(); }
  // The answer that a failed check found wrong; null if the check read something else.
  [[nodiscard]] const HttpResult* blamed_by(const FailedCheck& failed) const;

 private:
  const HttpResult* shown_ = nullptr;
  std::unique_ptr<HttpResult> kept_;
};

}  // namespace gelombang
