#include "metrics/exit_reason.hpp"

#include <algorithm>
#include <array>

namespace gelombang {
namespace {

constexpr std::array kByGravity{ExitCause::configuration, ExitCause::refused,     ExitCause::script_error,
                                ExitCause::stopped,       ExitCause::invalid_run, ExitCause::failed,
                                ExitCause::no_data,       ExitCause::output};

}  // namespace

const ExitReason* gravest(std::span<const ExitReason> reasons) noexcept {
  for (const ExitCause cause : kByGravity) {
    const auto found =
        std::find_if(reasons.begin(), reasons.end(), [cause](const ExitReason& r) { return r.cause == cause; });
    if (found != reasons.end()) return &*found;
  }
  return nullptr;
}

bool graver(ExitCause a, ExitCause b) noexcept {
  const auto rank = [](ExitCause c) { return std::find(kByGravity.begin(), kByGravity.end(), c); };
  return rank(a) < rank(b);
}

int exit_code(std::span<const ExitReason> reasons) noexcept {
  const ExitReason* reason = gravest(reasons);
  return reason == nullptr ? 0 : static_cast<int>(reason->cause);
}

std::string_view verdict(std::span<const ExitReason> reasons) noexcept {
  const ExitReason* reason = gravest(reasons);
  if (reason == nullptr) return "pass";
  switch (reason->cause) {
    case ExitCause::failed: return "fail";
    case ExitCause::no_data: return "no_data";
    case ExitCause::stopped: return "stopped";
    case ExitCause::script_error: return "script_error";
    case ExitCause::refused: return "refused";
    // This reason says nothing about the target.
    case ExitCause::output: return "pass";
    // A run that could not continue as requested says nothing about the target either.
    case ExitCause::configuration:
    case ExitCause::invalid_run: break;
  }
  return "invalid";
}

}  // namespace gelombang
