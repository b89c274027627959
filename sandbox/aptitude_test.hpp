// The motivation and basic ability test: 18 questions, 25 minutes. A paper is a pure function of (account, attempt), so
// only the start must be stored.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gelombang::sandbox {

inline constexpr std::size_t kTestQuestions = 18;
inline constexpr std::size_t kTestOptions = 4;
inline constexpr std::chrono::minutes kTestTime{25};

struct TestQuestion {
  std::string text;
  std::array<std::string, kTestOptions> options;
  unsigned correct = 0;  // index into options; never sent
};

std::vector<TestQuestion> test_paper(std::int64_t account, std::int64_t attempt);
// The number of right answers. Both spans hold kTestQuestions elements.
unsigned test_score(std::span<const TestQuestion> paper, std::span<const unsigned> answers);
bool test_in_time(WallTime started, WallTime now);

}  // namespace gelombang::sandbox
