// What a journey's script may ask of the virtual user that plays it. Implemented by VirtualUser; calls that wait only
// record what the script waits for, and the coroutine then yields.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "metrics/error_class.hpp"
#include "probes/http/message.hpp"

#include <string>
#include <string_view>

namespace gelombang {

class LuaUser {
 public:
  virtual ~LuaUser() = default;

  virtual bool in_step() const = 0;
  // False if the journey does not list the step, or if another step is open.
  virtual bool step_begin(int number, std::string& problem) = 0;
  // `failed` is null if the script did not judge.
  virtual void step_end(ErrorClass error, const FailedCheck* failed) = 0;
  // After a failed step: whether its person will try again. If so, the coroutine waits, and resumes with the place
  // where the try begins: "step" or "journey".
  virtual bool wait_to_retry(ErrorClass error) = 0;
  virtual unsigned tries() const = 0;                     // at the open step, this one included
  virtual double trait(std::string_view name) const = 0;  // [0, 1), of this person

  // The request that is being described; wait_for_request() sends it.
  virtual HttpRequest& new_request(HttpMethod method, std::string_view url) = 0;
  virtual HttpRequest& request() = 0;
  virtual void expect_status(int status) = 0;
  // An answer with this status and with `text` in its body says that the action was already done.
  virtual void done_before(int status, std::string_view text) = 0;
  virtual void lengthen_patience(double factor) = 0;
  virtual void wait_for_request() = 0;
  // The script reads a body that was cut to max_body.
  virtual void met_limit() = 0;
  virtual std::string cookie(std::string_view name) = 0;

  virtual void wait_for_think(double shortest, double longest) = 0;  // seconds
  virtual void wait_for_sleep(double seconds) = 0;
  // Waits until that many seconds after the iteration's intended start; not at all if that time has passed.
  virtual void wait_until(double seconds) = 0;
  // False if the run has no mailbox.
  virtual bool wait_for_mail(std::string_view recipient, std::string_view link, double expected, double give_up) = 0;

  virtual double uniform() = 0;
  virtual void conformance(std::string_view rule, std::string_view expected, std::string_view got) = 0;
  virtual void log(std::string_view text) = 0;
};

}  // namespace gelombang
