// How handlers respond: JSON for programs, pages and redirects for browsers. Also how a handler uses the database.
#pragma once

#include "sandbox/portal.hpp"

#include <boost/json/object.hpp>
#include <boost/json/string_view.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gelombang::sandbox {

// For Boost.JSON.
inline boost::json::string_view view(std::string_view text) noexcept { return {text.data(), text.size()}; }

Response json_response(int status, const boost::json::object& body);
Response html_response(int status, std::string body);
Response redirect(std::string_view location);  // 303
// {"error": code, "message": text}, or the same as a page for a browser.
Response refuse(const Request& request, int status, std::string_view code, std::string_view message);
// As refuse(), for a photo: {"rule": rule, "message": text}.
Response refuse_photo(const Request& request, int status, std::string_view rule, std::string_view message);
// 429 or 503 with Retry-After, rounded up to whole seconds.
Response refuse_for_now(const Request& request, int status, std::string_view code, std::string_view message,
                        Duration wait);
Response database_failure(DbOutcome outcome);
Response overloaded(const Request& request);

std::string session_cookie(const Portal& portal, std::string_view token);
std::string expired_cookie(const Portal& portal);

// The fields of a JSON object or of a form, numbers and booleans as text. Nothing if the body is neither.
std::optional<std::map<std::string, std::string>> read_fields(const Request& request);

// Runs `job` in the database (it gets the connection and returns T) and passes its value to `then` on a database
// thread. `then` must not do more work there than pass the value on. If the database fails, responds with that failure.
template <class Job, class Then>
void in_database(Portal& portal, bool write, const Responder& respond, Job job, Then then) {
  using Value = decltype(job(std::declval<DbConnection&>()));
  auto value = std::make_shared<std::optional<Value>>();
  Database::Job run = [value, job = std::move(job)](DbConnection& connection) { value->emplace(job(connection)); };
  Database::Done done = [value, respond, then = std::move(then)](DbOutcome outcome) {
    if (outcome != DbOutcome::ok) return respond(database_failure(outcome));
    then(std::move(**value));
  };
  if (write) {
    portal.database.write(std::move(run), std::move(done));
  } else {
    portal.database.read(std::move(run), std::move(done));
  }
}

template <class Job, class Then>
void read_database(Portal& portal, const Responder& respond, Job job, Then then) {
  in_database(portal, false, respond, std::move(job), std::move(then));
}

template <class Job, class Then>
void write_database(Portal& portal, const Responder& respond, Job job, Then then) {
  in_database(portal, true, respond, std::move(job), std::move(then));
}

}  // namespace gelombang::sandbox
