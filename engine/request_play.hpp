// One request as a person makes it, from the script's description to the answer that the person sees: the scenario's
// guards, patience, a second press of the button, and the recorded samples and evidence. A virtual user has one
// RequestPlay and uses it for all its requests, one after the other.
#pragma once

#include "base/clock.hpp"
#include "engine/person_visit.hpp"
#include "engine/user_context.hpp"
#include "probes/http/client.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class RequestPlay {
 public:
  // `answer` is null if nothing was sent. The request's samples are already recorded.
  using Done = std::function<void(const HttpResult* answer, ErrorClass error)>;

  RequestPlay(UserContext& context, HttpUser& http, PersonVisit& visit, Done done);
  RequestPlay(const RequestPlay&) = delete;
  RequestPlay& operator=(const RequestPlay&) = delete;

  // Forgets the previous person.
  void begin_visit();

  // Begins a new description. Throws if the URL is not usable; the exception's text is for the script.
  HttpRequest& describe(HttpMethod method, std::string_view url);
  HttpRequest& request() noexcept { return request_; }
  void expect_status(int status) { expected_.push_back(status); }
  // An answer with this status and with `text` in its body says that the action was already done.
  void done_before(int status, std::string_view text) { done_before_ = {status, std::string(text)}; }
  void lengthen_patience(double factor) noexcept { patience_factor_ = factor; }

  // Sends the described request. The event loop calls Done, also if a guard refuses the request.
  void start();
  // Aborts the request. The event loop calls Done.
  void cancel(Outcome outcome);

 private:
  struct DoneBefore {
    int status = 0;  // 0: there is no such answer
    std::string text;
  };
  struct Answer {
    HttpResult result;
    bool second = false;
  };

  [[nodiscard]] bool guards_hold() const;
  void refuse();
  void start_transfer(bool second);
  void cancel_transfers(Outcome outcome);
  // Waits for what the person does next while the page loads: press again, or lose patience.
  void await_person();
  void on_person();
  void on_response(HttpResult& result, bool second);
  void on_both_answered();  // after two presses
  void show(const HttpResult& result);
  // `done`: the request may repeat an action that was already done, and the answer may say so.
  void judge(HttpResult& result, bool done) const;
  void record(const HttpResult& result, bool second);
  void note_back_end(const HttpResponse& response);
  void keep_evidence(const HttpResult& result);
  [[nodiscard]] bool expects(int status) const;
  [[nodiscard]] bool says_done_before(const HttpResponse& response) const;

  UserContext& context_;
  HttpUser& http_;
  PersonVisit& visit_;
  Done done_;

  HttpRequest request_;
  std::vector<int> expected_;
  DoneBefore done_before_;
  double patience_factor_ = 1;

  TransferId transfer_ = 0;         // 0: none is under way
  TransferId second_transfer_ = 0;  // the second press
  bool cancelled_ = false;
  TimePoint began_{};
  std::optional<TimePoint> patience_ends_;
  std::optional<TimePoint> second_press_;
  bool pressed_twice_ = false;
  std::vector<Answer> answers_;  // to two presses, in the order of their arrival
  boost::asio::steady_timer timer_;
  std::uint64_t wait_ = 0;  // the number of the timer's last wait; callbacks of older waits are ignored

  std::string raw_back_end_;  // the last one that answered, as named in its answer
  std::string back_end_;      // the same name, redacted, as it is recorded
};

}  // namespace gelombang
