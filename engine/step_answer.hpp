// The last answer of the open step, which its script may judge: all of it while the script runs that was given it, and
// after a pause the beginning of it. Evidence of a failed check shows it.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "probes/http/message.hpp"

#include <memory>

namespace gelombang {

class StepAnswer {
 public:
  void forget() noexcept;
  // The script is given this answer, which lives until the script waits for something.
  void show(const HttpResult& answer) noexcept { shown_ = &answer; }
  // The script has come to a halt. Returns the answer that it was given, if any.
  const HttpResult* hide() noexcept;
  // Keeps an answer over a pause: its head, and of its headers and body as much as evidence needs.
  void keep(const HttpResult& answer, bool with_body);
  void forget_kept() noexcept { kept_.reset(); }
  // The answer that a failed check found wrong; null where it read something else.
  [[nodiscard]] const HttpResult* blamed_by(const FailedCheck& failed) const;

 private:
  const HttpResult* shown_ = nullptr;
  std::unique_ptr<HttpResult> kept_;
};

}  // namespace gelombang
