// People who retry, lose patience, press twice or leave, with a real server.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <thread>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// As with_steps(), for people with this behaviour.
std::string with_people(const std::string& behaviour, const std::string& body) {
  return "local one, two, three = step 'one', step 'two', step 'three'\n"
         "local crowd = behaviour { name = 'crowd', " +
         behaviour +
         " }\n"
         "return scenario { journeys = { visit = { behaviour = crowd, run = function(person)\n" +
         body + "\nend } } }\n";
}

const std::string kPersistent = "burst = { 100, 100 }, gap = { '20ms', '40ms' }";

bool asks(const std::string& request, const std::string& what) { return request.find(" " + what) != std::string::npos; }

// Refuses `path` the first `times` times.
UserStage::Answer refusing(const std::string& path, int times) {
  return [path, left = std::make_shared<std::atomic<int>>(times)](const std::string& request) {
    return asks(request, path) && (*left)-- > 0 ? http_answer("no", "503 Service Unavailable") : http_answer("halo");
  };
}

std::uint64_t fate(UserStage& stage, PersonFate fate) { return stage.recorded().journeys[0].people[fate]; }

}  // namespace

TEST_CASE("people: a failed step is tried again, and the visit is one success") {
  UserStage stage(with_people(kPersistent,
                              "one(function() http.get '/a' end)\n"
                              "local n = two(function(x) http.get '/b' return x, person:tries() end, 7)\n"
                              "assert(n == 7)\n"
                              "three(function() http.get '/c' end)"),
                  refusing("/b", 2));
  const Iteration iteration = stage.iteration(0);
  stage.play(iteration);
  const Snapshot& all = stage.recorded();
  INFO((all.script_errors.first ? all.script_errors.first->text : ""));
  CHECK(all.script_errors.count == 0);
  CHECK(all.journeys[0][Outcome::success] == 1);
  CHECK(all.journeys[0][Outcome::failure] == 0);
  CHECK(fate(stage, PersonFate::succeeded) == 1);
  // The step's times are of single attempts. The person's time is one value, from the arrival to the end.
  const StepSnapshot& two = stage.step("two");
  CHECK(count_of(two, CountedResult::failure) == 2);
  CHECK(count_of(two, CountedResult::success) == 1);
  CHECK(two.response_time.observed.count() == 1);
  CHECK(two.people.reached == 1);
  CHECK(two.people.succeeded == 1);
  CHECK(two.people.first_tries == 1);
  CHECK(two.people.retries == 2);
  CHECK(two.people.calm_requests == 1);
  CHECK(two.requests.total() == 3);
  CHECK(stage.step("three").people.retries == 0);
  CHECK(all.journeys[0].people.time.observed.count() == 1);
  CHECK(all.journeys[0].people.time.observed.min() >= 40ms);
  CHECK(two.response_time.observed.max() < all.journeys[0].people.time.observed.max());
  CHECK(stage.requests().size() == 5);
}

TEST_CASE("people: the time between two tries is in no attempt's time") {
  UserStage stage(with_people("burst = { 2, 2 }, gap = { '400ms', '400ms' }", "one(function() http.get '/b' end)"),
                  refusing("/b", 1));
  stage.play(0);
  CHECK(stage.step("one").response_time.observed.max() < 400ms);
  CHECK(stage.recorded().journeys[0].people.time.observed.min() >= 400ms);
}

TEST_CASE("people: who begins anew plays the journey from its start, with the same cookies") {
  std::atomic<int> sessions{0};
  UserStage stage(with_people(kPersistent + ", again = 'journey'", R"lua(
    one(function() http.get '/a' end)
    two(function() http.get '/b' end)
    three(function() http.get '/c' end))lua"),
                  [&sessions, refuse = refusing("/b", 2)](const std::string& request) {
                    if (asks(request, "/a") && request.find("Cookie: session=") == std::string::npos) {
                      ++sessions;
                      return http_answer("", "200 OK", "Set-Cookie: session=s; Path=/\r\n");
                    }
                    return refuse(request);
                  });
  stage.play(0);
  CHECK(sessions == 1);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  const StepPeople& one = stage.step("one").people;
  CHECK(one.reached == 1);
  CHECK(one.succeeded == 1);
  CHECK(one.first_tries == 1);
  CHECK(one.retries == 2);
  CHECK(one.calm_requests == 1);
  CHECK(stage.step("two").people.retries == 2);
  CHECK(stage.step("three").people.retries == 0);
  CHECK(stage.requests().size() == 7);
}

TEST_CASE("people: who gives up is lost where it happened, for the reason it happened") {
  UserStage stage(with_people(kPersistent + ", attempts = { median = 3, p90 = 3 }",
                              "one(function() http.get '/a' end)\ntwo(function() http.get '/b' end)"),
                  refusing("/b", 1000));
  stage.play(0);
  CHECK(stage.recorded().journeys[0][Outcome::failure] == 1);
  CHECK(fate(stage, PersonFate::lost) == 1);
  const StepPeople& two = stage.step("two").people;
  CHECK(two.attempts() == 3);
  CHECK(two[PersonFate::lost] == 1);
  CHECK(two.lost[static_cast<std::size_t>(ErrorClass::http_503)] == 1);
  CHECK(two.succeeded == 0);
  CHECK(stage.recorded().journeys[0].people.time.observed.count() == 0);
  CHECK(stage.recorded().journeys[0].people.time.censored.count() == 1);
}

TEST_CASE("people: without a behaviour there is one try, and no end of patience") {
  UserStage stage(with_steps("one(function() http.get '/b' end)"), refusing("/b", 1));
  stage.play(0);
  CHECK(stage.requests().size() == 1);
  CHECK(fate(stage, PersonFate::lost) == 1);
}

TEST_CASE("people: a step that was tried is the script's business") {
  UserStage stage(with_people(kPersistent, "assert(one:try(function() http.get '/b' end) == false)"),
                  refusing("/b", 1));
  stage.play(0);
  CHECK(stage.requests().size() == 1);
  CHECK(fate(stage, PersonFate::succeeded) == 1);
  CHECK(stage.step("one").people.reached == 1);
  CHECK(stage.step("one").people.succeeded == 0);
}

TEST_CASE("people: a page that outlasts patience is abandoned, a failure and a censored time") {
  std::atomic<bool> over{false};
  UserStage stage(with_people("patience = { median = '200ms', p90 = '200ms' }", "one(function() http.get '/slow' end)"),
                  [&over](const std::string&) {
                    while (!over) std::this_thread::sleep_for(5ms);
                    return http_answer("late");
                  });
  stage.play(0);
  over = true;
  const StepSnapshot& one = stage.step("one");
  CHECK(count_of(one, CountedResult::abandoned) == 1);
  CHECK(one.steps[ErrorClass::abandoned] == 1);
  CHECK(one.requests[CountedResult::abandoned] == 1);
  CHECK(one.response_time.censored.count() == 1);
  CHECK(one.response_time.censored.min() >= 200ms);
  CHECK(stage.recorded().journeys[0][Outcome::abandoned] == 1);
  CHECK(one.people.lost[static_cast<std::size_t>(ErrorClass::abandoned)] == 1);
}

TEST_CASE("people: who reloads asks again at once, on a new attempt") {
  std::atomic<int> asked{0};
  std::atomic<bool> over{false};
  UserStage stage(with_people("patience = { median = '200ms', p90 = '200ms' }, reload = 1, burst = { 5, 5 }, "
                              "gap = { '1h', '2h' }",
                              "one(function() http.get '/slow' end)"),
                  [&](const std::string&) {
                    const bool first = asked++ == 0;
                    while (first && !over) std::this_thread::sleep_for(5ms);
                    return http_answer("halo");
                  });
  stage.play(0);
  over = true;
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  CHECK(stage.step("one").people.retries == 1);
  CHECK(count_of(stage.step("one"), CountedResult::abandoned) == 1);
  CHECK(count_of(stage.step("one"), CountedResult::success) == 1);
}

TEST_CASE("people: a request may ask for more patience than a page") {
  UserStage stage(with_people("patience = { median = '100ms', p90 = '100ms' }",
                              "one(function() http.get('/slow', { patience = 100 }) end)"),
                  [](const std::string&) {
                    std::this_thread::sleep_for(300ms);
                    return http_answer("halo");
                  });
  stage.play(0);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
}

TEST_CASE("people: who presses twice sends twice, and sees the second answer") {
  std::atomic<int> asked{0};
  std::atomic<bool> second{false};
  UserStage stage(with_people("double_submit = 1",
                              "one(function()\n"
                              "  local answer = http.post('/a', { json = { n = 1 } })\n"
                              "  assert(answer.body == 'second', answer.body)\n"
                              "end)\n"
                              "two(function() http.get '/b' end)"),
                  [&](const std::string& request) {
                    if (asks(request, "/b")) return http_answer("halo");
                    if (asked++ > 0) {
                      second = true;
                      return http_answer("second");
                    }
                    while (!second) std::this_thread::sleep_for(5ms);
                    return http_answer("first");
                  });
  stage.play(0);
  const Snapshot& all = stage.recorded();
  INFO((all.script_errors.first ? all.script_errors.first->text : ""));
  CHECK(all.journeys[0][Outcome::success] == 1);
  CHECK(asked == 2);
  const StepSnapshot& one = stage.step("one");
  CHECK(one.requests[CountedResult::success] == 2);
  CHECK(one.people.double_submits == 1);
  CHECK(one.people.calm_requests == 1);
  CHECK(one.people.attempts() == 1);
  CHECK(stage.step("two").people.double_submits == 0);  // a GET is not pressed twice
  CHECK(stage.requests()[0].substr(stage.requests()[0].find("\r\n\r\n")) ==
        stage.requests()[1].substr(stage.requests()[1].find("\r\n\r\n")));
}

TEST_CASE("people: the press that is told 'done before' is a success where the other was accepted") {
  const bool first_is_accepted = GENERATE(true, false);
  const std::string says = GENERATE(as<std::string>{}, "EMAIL_TAKEN", "NIK_TAKEN");
  std::atomic<int> asked{0};
  UserStage stage(with_people("double_submit = 1",
                              "one(function() http.post('/a', { json = { n = 1 }, expect = { 201 },\n"
                              "  done_before = { status = 409, says = 'EMAIL_TAKEN' } }) end)"),
                  [&](const std::string&) {
                    const bool accepted = (asked++ == 0) == first_is_accepted;
                    while (asked < 2) std::this_thread::sleep_for(5ms);
                    return accepted ? http_answer("", "201 Created") : http_answer(says, "409 Conflict");
                  });
  stage.play(0);
  const StepSnapshot& one = stage.step("one");
  const bool done = says == "EMAIL_TAKEN";
  CHECK(one.people.double_submits == 1);
  CHECK(one.requests[CountedResult::success] == (done ? 2 : 1));
  CHECK(one.requests[ErrorClass::http_409] == (done ? 0 : 1));
  // The person sees the response to the second press.
  CHECK(one.people.succeeded == (done || !first_is_accepted ? 1 : 0));
}

TEST_CASE("people: 'done before' is no success where nobody was accepted, and one on a further try") {
  const bool tries = GENERATE(false, true);
  std::atomic<int> asked{0};
  UserStage stage(with_people(tries ? kPersistent : "double_submit = 1",
                              "one(function() http.post('/a', { json = { n = 1 }, expect = { 201 },\n"
                              "  done_before = { status = 409, says = 'EMAIL_TAKEN' } }) end)"),
                  [&](const std::string&) {
                    if (asked++ == 0 && !tries) {
                      while (asked < 2) std::this_thread::sleep_for(5ms);
                    }
                    return http_answer("EMAIL_TAKEN", "409 Conflict");
                  });
  stage.play(0);
  const StepSnapshot& one = stage.step("one");
  CHECK(one.requests[ErrorClass::http_409] == (tries ? 1 : 2));
  CHECK(one.people.succeeded == (tries ? 1 : 0));
  CHECK(one.people.attempts() == (tries ? 2 : 1));
}

TEST_CASE("people: an answer that is there before the second press is not asked for twice") {
  UserStage stage(with_people("double_submit = 1", "one(function() http.post('/a', { json = {} }) end)"), ok);
  stage.play(0);
  CHECK(stage.requests().size() == 1);
  CHECK(stage.step("one").people.double_submits == 0);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
}

TEST_CASE("people: patience ends for both of two requests") {
  std::atomic<bool> over{false};
  UserStage stage(with_people("double_submit = 1, patience = { median = '1700ms', p90 = '1700ms' }",
                              "one(function() http.post('/a', { json = {} }) end)"),
                  [&over](const std::string&) {
                    while (!over) std::this_thread::sleep_for(5ms);
                    return http_answer("late");
                  });
  stage.play(0);
  over = true;
  CHECK(stage.step("one").requests[CountedResult::abandoned] == 2);
  CHECK(count_of(stage.step("one"), CountedResult::abandoned) == 1);
}

TEST_CASE("people: whoever would come back after the end is away at once") {
  UserStage stage(with_people("pauses = { { 1, '1h', '2h' } }", "one(function() http.get '/b' end)"),
                  refusing("/b", 1));
  stage.last_try = stage.now() + 1min;
  stage.play(0);
  CHECK(fate(stage, PersonFate::away) == 1);
  CHECK(stage.recorded().journeys[0][Outcome::failure] == 1);
  CHECK(stage.step("one").people[PersonFate::away] == 1);
  CHECK(count_of(stage.step("one"), CountedResult::failure) == 1);
}

TEST_CASE("people: the end of the arrivals and an interruption send home who waits for a try") {
  const bool interrupted = GENERATE(false, true);
  UserStage stage(with_people("pauses = { { 1, '1h', '2h' } }", "one(function() http.get '/b' end)"),
                  refusing("/b", 1));
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.activity() == Activity::retrying; });
  if (interrupted) {
    stage.interrupt(0);
  } else {
    stage.stop_retrying(0);
  }
  stage.wait_for_end();
  CHECK(fate(stage, PersonFate::away) == 1);
  CHECK(stage.step("one").steps.total() == 1);
}

TEST_CASE("people: a long pause holds no connection and keeps the cookies") {
  const bool pause = GENERATE(true, false);
  std::atomic<bool> known{false};
  UserStage stage(
      with_people(pause ? "pauses = { { 1, '50ms', '60ms' } }" : "burst = { 9, 9 }, gap = { '50ms', '60ms' }",
                  "one(function() http.get '/b' end)"),
      [&known, refuse = refusing("/b", 1)](const std::string& request) {
        if (request.find("Cookie: session=s") != std::string::npos) known = true;
        const std::string answer = refuse(request);
        return answer.find("503") == std::string::npos
                   ? answer
                   : http_answer("no", "503 Service Unavailable", "Set-Cookie: session=s; Path=/\r\n");
      });
  stage.play(0);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  CHECK(known);
  CHECK(stage.connections() == (pause ? 2 : 1));
}

TEST_CASE("people: who leaves is neither lost nor a failure") {
  UserStage stage(with_people("shares = { never_open_mail = 1, looks = 0 }",
                              "one(function() http.get '/a' end)\n"
                              "assert(person:will 'looks' == false)\n"
                              "if person:will 'never_open_mail' then leave() end\n"
                              "two(function() http.get '/b' end)"),
                  ok);
  stage.play(0);
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  CHECK(fate(stage, PersonFate::left) == 1);
  CHECK(stage.step("one").people.after(PersonFate::left) == 1);
  CHECK(stage.step("two").people.reached == 0);
  CHECK(stage.recorded().journeys[0].people.time.observed.count() == 0);
}

TEST_CASE("people: shares and choices come as often as asked, and are the same for the same person") {
  UserStage stage(with_people("shares = { spam = 0.3, photo = { large = 0.5, heic = 0.2 } }",
                              "one(function()\n"
                              "  local kind = person:which 'photo' or 'small'\n"
                              "  assert(kind == (person:which 'photo' or 'small'))\n"
                              "  assert(person:will 'spam' == person:will 'spam')\n"
                              "  http.get('/' .. kind .. '/' .. tostring(person:will 'spam'))\n"
                              "end)"),
                  ok);
  int spam = 0;
  int large = 0;
  int heic = 0;
  for (std::uint64_t index = 0; index < 400; ++index) stage.play(index);
  for (const std::string& request : stage.requests()) {
    spam += asks(request, "/large/true") || asks(request, "/heic/true") || asks(request, "/small/true") ? 1 : 0;
    large += asks(request, "/large/") ? 1 : 0;
    heic += asks(request, "/heic/") ? 1 : 0;
  }
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(spam == Approx(120).margin(35));
  CHECK(large == Approx(200).margin(40));
  CHECK(heic == Approx(80).margin(30));
}

TEST_CASE("people: wrong use is a script error with its line") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"person:will 'spam'", "person:will 'spam': no behaviour has a share of that name"},
      {"person:which 'known'", "person:which 'known': no behaviour has a choice of that name"},
      {"one(function() leave() end)", "leave belongs between two steps"},
      {"one(function() http.get('/a', { patience = 0 }) end)", "patience is 0: expected a factor above 0"},
  }));
  UserStage stage(with_people("shares = { known = 1 }", body), ok);
  stage.play(0);
  REQUIRE(stage.recorded().script_errors.count == 1);
  const std::string text = stage.recorded().script_errors.first->text;
  INFO(text);
  CHECK(text.find("scenario.lua:4: " + message) != std::string::npos);
  CHECK(fate(stage, PersonFate::own_fault) == 1);
}

TEST_CASE("people: whoever is cut off while trying ends at the step, between two steps after it") {
  const bool between = GENERATE(false, true);
  UserStage stage(
      with_people("patience = { median = '1h', p90 = '1h' }", between ? "one(function() http.get '/a' end)\n"
                                                                        "sleep(3600)\n"
                                                                        "two(function() http.get '/b' end)"
                                                                      : "one(function() sleep(3600) end)"),
      ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.activity() == Activity::pausing; });
  stage.interrupt(0);
  stage.wait_for_end();
  const StepPeople& one = stage.step("one").people;
  CHECK(one.reached == 1);
  CHECK(one.succeeded == (between ? 1 : 0));
  CHECK(one[PersonFate::interrupted] == (between ? 0 : 1));
  CHECK(one.after(PersonFate::interrupted) == (between ? 1 : 0));
  CHECK(one.went_on() == 0);
}

TEST_CASE("people: who goes on without a step is neither through nor lost") {
  UserStage stage(with_people(kPersistent,
                              "one:try(function() http.get '/b' end)\n"
                              "two(function() http.get '/a' end)\n"
                              "leave()"),
                  refusing("/b", 1));
  stage.play(0);
  CHECK(stage.step("one").people.went_on() == 1);
  CHECK(stage.step("two").people.went_on() == 0);
  CHECK(stage.step("two").people.after(PersonFate::left) == 1);
}

TEST_CASE("people: who is lost when a step is played once more got through it") {
  UserStage stage(with_people(kPersistent + ", attempts = { median = 1, p90 = 1 }",
                              "one(function() http.get '/a' end)\n"
                              "one(function() http.get '/b' end)"),
                  refusing("/b", 1));
  stage.play(0);
  const StepPeople& one = stage.step("one").people;
  CHECK(one.reached == 1);
  CHECK(one.succeeded == 1);
  CHECK(one[PersonFate::lost] == 0);
  CHECK(one.after(PersonFate::lost) == 1);
  CHECK(one.lost[static_cast<std::size_t>(ErrorClass::http_503)] == 1);
}
