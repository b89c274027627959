// The aptitude test: sends the paper and accepts the answers in time.
#include "sandbox/answers.hpp"
#include "sandbox/aptitude_test.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/pages.hpp"
#include "sandbox/unix_time.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace gelombang::sandbox {
namespace {

namespace json = boost::json;

struct Sitting {
  std::int64_t attempt = 0;
  WallTime started{};
  bool done = false;  // answers were already accepted
};

// Starts a test, or continues one whose time is not over.
Sitting sit_down(DbConnection& connection, std::int64_t account, WallTime now) {
  Sitting sitting;
  {
    Query row(connection, "SELECT test_attempts, test_started_at, test_at IS NOT NULL FROM accounts WHERE id = ?",
              account);
    if (!row.next()) return sitting;
    sitting.attempt = row.integer(0);
    sitting.started = from_unix_ms(row.maybe_integer(1).value_or(0));
    sitting.done = row.integer(2) != 0;
  }
  if (sitting.done || (sitting.attempt > 0 && test_in_time(sitting.started, now))) return sitting;
  ++sitting.attempt;
  sitting.started = from_unix_ms(unix_ms(now));
  Query(connection, "UPDATE accounts SET test_attempts = ?, test_started_at = ? WHERE id = ?", sitting.attempt,
        unix_ms(now), account)
      .run();
  return sitting;
}

Response paper_json(const Sitting& sitting, const std::vector<TestQuestion>& paper, WallTime now) {
  json::array questions;
  for (const TestQuestion& question : paper) {
    json::array options;
    for (const std::string& option : question.options) options.emplace_back(option);
    questions.push_back(json::object{{"text", question.text}, {"options", std::move(options)}});
  }
  json::object body;
  body["questions"] = std::move(questions);
  body["time_limit_s"] = std::chrono::seconds(kTestTime).count();
  body["time_left_s"] = std::chrono::duration_cast<std::chrono::seconds>(sitting.started + kTestTime - now).count();
  return json_response(200, body);
}

// "answers": [0, 3, ...] as JSON, or answer_1 ... answer_18 of the form.
std::optional<std::vector<unsigned>> read_answers(const Request& request) {
  auto fields = read_fields(request);
  if (!fields) return {};
  std::vector<unsigned> answers;
  if (const auto list = fields->find("answers"); list != fields->end()) {
    boost::system::error_code ec;
    const json::value value = json::parse(list->second, ec);
    if (ec || !value.is_array()) return {};
    for (const json::value& answer : value.get_array()) {
      if (!answer.is_int64() || answer.get_int64() < 0 || answer.get_int64() >= std::int64_t{kTestOptions}) return {};
      answers.push_back(static_cast<unsigned>(answer.get_int64()));
    }
  } else {
    for (std::size_t i = 1; i <= kTestQuestions; ++i) {
      const std::string answer = (*fields)[fmt::format("answer_{}", i)];
      if (answer.size() != 1 || answer[0] < '0' || answer[0] >= static_cast<char>('0' + kTestOptions)) return {};
      answers.push_back(static_cast<unsigned>(answer[0] - '0'));
    }
  }
  if (answers.size() != kTestQuestions) return {};
  return answers;
}

struct Marked {
  enum class Outcome : std::uint8_t { taken, done_before, not_started, too_late };
  Outcome outcome = Outcome::not_started;
  std::int64_t score = 0;
};

Marked mark(DbConnection& connection, std::int64_t account, const std::vector<unsigned>& answers, WallTime now) {
  std::int64_t attempt = 0;
  WallTime started{};
  {
    Query row(connection, "SELECT test_attempts, test_started_at, test_score FROM accounts WHERE id = ?", account);
    if (!row.next() || row.is_null(1)) return {};
    if (!row.is_null(2)) return {Marked::Outcome::done_before, row.integer(2)};
    attempt = row.integer(0);
    started = from_unix_ms(row.integer(1));
  }
  // A clock that was set back must not count against the person.
  if (now > started && !test_in_time(started, now)) return {Marked::Outcome::too_late, 0};
  const std::int64_t score = test_score(test_paper(account, attempt), answers);
  Query(connection, "UPDATE accounts SET test_score = ?, test_at = ? WHERE id = ?", score, unix_ms(now), account).run();
  return {Marked::Outcome::taken, score};
}

}  // namespace

void get_aptitude_test(Portal& portal, Request& request, const Responder& respond) {
  const WallTime now = portal.clock.wall_now();
  write_database(
      portal, respond, [account = request.account, now](DbConnection& c) { return sit_down(c, account, now); },
      [request, respond, now](const Sitting& sitting) {
        if (sitting.done) return respond(refuse(request, 409, "TEST_DONE", "Tes sudah dikerjakan"));
        const auto paper = test_paper(request.account, sitting.attempt);
        respond(request.wants_html() ? html_response(200, test_page(paper)) : paper_json(sitting, paper, now));
      });
}

void post_aptitude_test(Portal& portal, Request& request, const Responder& respond) {
  const auto answers = read_answers(request);
  if (!answers) {
    return respond(
        refuse(request, 422, "ANSWERS_INVALID",
               fmt::format("Jawab semua {} pertanyaan dengan pilihan 0 sampai {}", kTestQuestions, kTestOptions - 1)));
  }
  const WallTime now = portal.clock.wall_now();
  write_database(
      portal, respond,
      [account = request.account, answers = *answers, now](DbConnection& c) { return mark(c, account, answers, now); },
      [request, respond](const Marked& marked) {
        switch (marked.outcome) {
          case Marked::Outcome::not_started:
            return respond(refuse(request, 409, "TEST_NOT_STARTED", "Mulai tes terlebih dahulu"));
          case Marked::Outcome::too_late:
            return respond(refuse(request, 409, "TEST_TIME_OVER", "Waktu tes 25 menit sudah habis, mulai lagi"));
          case Marked::Outcome::done_before:
          case Marked::Outcome::taken: break;
        }
        if (request.wants_html()) return respond(redirect("/dashboard"));
        json::object body;
        body["status"] = "TEST_DONE";
        body["score"] = marked.score;
        body["questions"] = kTestQuestions;
        respond(json_response(200, body));
      });
}

}  // namespace gelombang::sandbox
