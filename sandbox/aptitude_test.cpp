#include "sandbox/aptitude_test.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gelombang::sandbox {
namespace {

struct Sum {
  std::string text;
  std::uint64_t answer;
};

Sum draw_sum(RandomStream& random) {
  const std::uint64_t a = 11 + random.below(80);
  const std::uint64_t b = 3 + random.below(9);
  switch (random.below(4)) {
    case 0: return {fmt::format("Berapa hasil dari {} + {}?", a, b), a + b};
    case 1: return {fmt::format("Berapa hasil dari {} - {}?", a, b), a - b};
    case 2: return {fmt::format("Berapa hasil dari {} x {}?", a, b), a * b};
    default:
      // An arithmetic series: the next member.
      return {fmt::format("Lanjutkan deret: {}, {}, {}, ...", a, a + b, a + 2 * b), a + 3 * b};
  }
}

TestQuestion draw_question(RandomStream& random) {
  const Sum sum = draw_sum(random);
  TestQuestion question;
  question.text = sum.text;
  question.correct = static_cast<unsigned>(random.below(kTestOptions));
  // Four consecutive numbers that include the answer, so all options differ.
  for (unsigned i = 0; i < kTestOptions; ++i) {
    question.options[i] = std::to_string(sum.answer + i - question.correct);
  }
  return question;
}

}  // namespace

std::vector<TestQuestion> test_paper(std::int64_t account, std::int64_t attempt) {
  RandomStream random(static_cast<std::uint64_t>(attempt), RandomPurpose::behaviour,
                      static_cast<std::uint64_t>(account));
  std::vector<TestQuestion> paper;
  for (std::size_t i = 0; i < kTestQuestions; ++i) paper.push_back(draw_question(random));
  return paper;
}

unsigned test_score(std::span<const TestQuestion> paper, std::span<const unsigned> answers) {
  unsigned score = 0;
  for (std::size_t i = 0; i < paper.size() && i < answers.size(); ++i) {
    if (paper[i].correct == answers[i]) ++score;
  }
  return score;
}

bool test_in_time(WallTime started, WallTime now) { return now >= started && now - started <= kTestTime; }

}  // namespace gelombang::sandbox
