// A consent that tests change. It begins at the wall time of a new FakeClock.
#pragma once

#include "probes/consent/document.hpp"

#include <chrono>

namespace gelombang::test {

inline constexpr WallTime kConsentStart{std::chrono::seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

inline Consent sample_consent() {
  return {.hosts = {"portal.example.id", "11.22.33.44"},
          .paths = {"/api", "/masuk"},
          .max_rate = Rate::per_second(200),
          .not_before = kConsentStart,
          .expires = kConsentStart + std::chrono::hours(24 * 7),
          .contact = "ops@example.id"};
}

}  // namespace gelombang::test
