// The functions of the prelude's `native` table that act for the virtual user whose journey is running.
#include "base/json_writer.hpp"
#include "base/percent.hpp"
#include "base/units.hpp"
#include "engine/lua/support.hpp"
#include "engine/lua/user.hpp"
#include "probes/http/header_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace gelombang::lua {
namespace {

int in_step(lua_State* L) {
  lua_pushboolean(L, user_of(L).in_step() ? 1 : 0);
  return 1;
}

int step_begin(lua_State* L) {
  std::string problem;
  if (!user_of(L).step_begin(static_cast<int>(lua_tointeger(L, 1)), problem)) throw std::runtime_error(problem);
  return 0;
}

// Takes an error class; none if the step succeeded. If the script judged: what judged, what it expected, and what it
// looked at.
int step_end(lua_State* L) {
  ErrorClass error = ErrorClass::none;
  if (lua_gettop(L) > 0) error = error_class_from_name(text(L, 1)).value_or(ErrorClass::generator_internal);
  if (lua_isstring(L, 2) == 0 || lua_isstring(L, 3) == 0) {
    user_of(L).step_end(error, nullptr);
    return 0;
  }
  FailedCheck failed{text(L, 2), text(L, 3), std::nullopt};
  if (lua_isstring(L, 4) != 0) failed.got = text(L, 4);
  user_of(L).step_end(error, &failed);
  return 0;
}

// -> "step", "journey", or nil
int retry(lua_State* L) {
  const auto error = error_class_from_name(text(L, 1));
  if (error && user_of(L).wait_to_retry(*error)) return lua_yield(L, 0);
  lua_pushnil(L);
  return 1;
}

int tries(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(user_of(L).tries()));
  return 1;
}

int trait(lua_State* L) {
  lua_pushnumber(L, user_of(L).trait(text(L, 1)));
  return 1;
}

// -> the names, in the order of their numbers
int http_methods(lua_State* L) {
  lua_createtable(L, static_cast<int>(kHttpMethods.size()), 0);
  for (std::size_t i = 0; i < kHttpMethods.size(); ++i) {
    lua_pushstring(L, kHttpMethods[i].script);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// Encodes blanks, and bytes that are not printable ASCII, everywhere: a value may end with a blank.
std::string encoded_url(std::string_view url) {
  std::string encoded;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      encoded += c;
    } else {
      append_percent_encoded(encoded, c);
    }
  }
  return encoded;
}

// A method's number and a URL -> whether a step is open that the request belongs to
int http_begin(lua_State* L) {
  LuaUser& user = user_of(L);
  const std::string_view given = text(L, 2);
  const bool plain = std::all_of(given.begin(), given.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  const std::string encoded = plain ? std::string() : encoded_url(given);
  const std::string_view url = plain ? given : std::string_view(encoded);
  const bool in_step = user.in_step();
  const auto method = static_cast<std::size_t>(lua_tointeger(L, 1) - 1);
  if (method >= kHttpMethods.size()) throw std::runtime_error("unknown HTTP method number");
  if (in_step) user.new_request(static_cast<HttpMethod>(method), url);
  lua_pushboolean(L, in_step ? 1 : 0);
  return 1;
}

int http_header(lua_State* L) {
  const std::string_view name = text(L, 1);
  const std::string_view value = text(L, 2);
  if (const auto problem = header_problem(name, value)) throw std::runtime_error(*problem);
  auto& headers = user_of(L).request().headers;
  if (same_header_name(name, "host") && find_header(headers, name))
    throw std::runtime_error("headers: Host is given twice");
  headers.push_back({std::string(name), std::string(value)});
  return 0;
}

int http_body(lua_State* L) {
  user_of(L).request().body = text(L, 1);
  return 0;
}

int http_part(lua_State* L) {
  HttpPart part;
  part.name = text(L, 1);
  part.filename = text(L, 2);
  part.content_type = text(L, 3);
  // These texts stand in headers of the part.
  for (const std::string* header : {&part.name, &part.filename, &part.content_type}) {
    if (!is_header_value(*header)) {
      throw std::runtime_error(
          fmt::format("multipart: '{}' holds control characters or line breaks", printable(*header)));
    }
  }
  part.data = to_bytes(L, 4);
  user_of(L).request().parts.push_back(std::move(part));
  return 0;
}

int http_expect(lua_State* L) {
  user_of(L).expect_status(static_cast<int>(lua_tointeger(L, 1)));
  return 0;
}

int http_done_before(lua_State* L) {
  user_of(L).done_before(static_cast<int>(lua_tointeger(L, 1)), text(L, 2));
  return 0;
}

int http_patience(lua_State* L) {
  user_of(L).lengthen_patience(lua_tonumber(L, 1));
  return 0;
}

int http_timeout(lua_State* L) {
  user_of(L).request().timeout = from_seconds(lua_tonumber(L, 1));
  return 0;
}

int http_connect_timeout(lua_State* L) {
  user_of(L).request().connect_timeout = from_seconds(lua_tonumber(L, 1));
  return 0;
}

int http_redirects(lua_State* L) {
  constexpr lua_Number kMost = std::numeric_limits<int>::max();
  user_of(L).request().max_redirects = static_cast<int>(std::min(lua_tonumber(L, 1), kMost));
  return 0;
}

int http_expect_continue(lua_State* L) {
  user_of(L).request().expect_continue = true;
  return 0;
}

int http_version_1_1(lua_State* L) {
  user_of(L).request().version = HttpVersionChoice::http1_1;
  return 0;
}

// Percent-encodes what RFC 3986 does not call unreserved. Every field of every form calls it.
int encode(lua_State* L) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  };
  const std::string_view given = text(L, 1);
  const auto* rest = std::find_if_not(given.begin(), given.end(), is_plain);
  if (rest == given.end()) {
    lua_settop(L, 1);
    return 1;
  }
  std::string encoded(given.begin(), rest);
  for (; rest != given.end(); ++rest) {
    if (is_plain(*rest)) {
      encoded += *rest;
    } else {
      append_percent_encoded(encoded, *rest);
    }
  }
  push(L, encoded);
  return 1;
}

// -> status, body, url, headers as "name: value\n" lines, error class or nil, whether the body was cut
int http_send(lua_State* L) {
  user_of(L).wait_for_request();
  return lua_yield(L, 0);
}

int http_max_body(lua_State* L) {
  user_of(L).request().max_body = static_cast<std::size_t>(lua_tonumber(L, 1));
  return 0;
}

int met_limit(lua_State* L) {
  user_of(L).met_limit();
  return 0;
}

int cookie(lua_State* L) {
  push(L, user_of(L).cookie(text(L, 1)));
  return 1;
}

int think(lua_State* L) {
  user_of(L).wait_for_think(lua_tonumber(L, 1), lua_tonumber(L, 2));
  return lua_yield(L, 0);
}

int wait_until(lua_State* L) {
  user_of(L).wait_until(lua_tonumber(L, 1));
  return lua_yield(L, 0);
}

int sleep(lua_State* L) {
  user_of(L).wait_for_sleep(lua_tonumber(L, 1));
  return lua_yield(L, 0);
}

// -> error class, folder, delay in seconds, late, subject, link
int mail_wait(lua_State* L) {
  if (!user_of(L).wait_for_mail(text(L, 1), text(L, 2), lua_tonumber(L, 3), lua_tonumber(L, 4))) {
    throw std::runtime_error("mailbox.wait needs a mailbox: give one with --mailbox URL");
  }
  return lua_yield(L, 0);
}

int uniform(lua_State* L) {
  lua_pushnumber(L, user_of(L).uniform());
  return 1;
}

int conformance(lua_State* L) {
  user_of(L).conformance(text(L, 1), text(L, 2), text(L, 3));
  return 0;
}

int log(lua_State* L) {
  if (state_of(L).user != nullptr) state_of(L).user->log(text(L, 1));
  return 0;
}

// Accepts only classes that a script may give a failure: the target's answer was not as expected.
int application_class(lua_State* L) {
  const auto error = error_class_from_name(text(L, 1));
  const bool allowed =
      error && (info(*error).layer == ErrorLayer::application || info(*error).layer == ErrorLayer::mail);
  if (!allowed) {
    throw std::runtime_error(
        fmt::format("'{}' is no error class of the application layer, such as assert_body", text(L, 1)));
  }
  lua_settop(L, 1);
  return 1;
}

}  // namespace

void add_user_functions(lua_State* L, LuaVm::State& state) {
  static constexpr Function kFunctions[] = {
      {"in_step", guarded<in_step>},
      {"step_begin", guarded<step_begin>},
      {"step_end", guarded<step_end>},
      {"retry", guarded<retry>},
      {"tries", guarded<tries>},
      {"trait", guarded<trait>},
      {"http_methods", guarded<http_methods>},
      {"http_begin", guarded<http_begin>},
      {"http_header", guarded<http_header>},
      {"http_body", guarded<http_body>},
      {"http_part", guarded<http_part>},
      {"http_expect", guarded<http_expect>},
      {"http_done_before", guarded<http_done_before>},
      {"http_patience", guarded<http_patience>},
      {"http_timeout", guarded<http_timeout>},
      {"http_connect_timeout", guarded<http_connect_timeout>},
      {"http_redirects", guarded<http_redirects>},
      {"http_expect_continue", guarded<http_expect_continue>},
      {"http_version_1_1", guarded<http_version_1_1>},
      {"encode", guarded<encode>},
      {"http_send", guarded<http_send>},
      {"http_max_body", guarded<http_max_body>},
      {"met_limit", guarded<met_limit>},
      {"cookie", guarded<cookie>},
      {"think", guarded<think>},
      {"sleep", guarded<sleep>},
      {"wait_until", guarded<wait_until>},
      {"mail_wait", guarded<mail_wait>},
      {"uniform", guarded<uniform>},
      {"conformance", guarded<conformance>},
      {"log", guarded<log>},
      {"application_class", guarded<application_class>},
  };
  add_functions(L, state, kFunctions, std::size(kFunctions));
}

}  // namespace gelombang::lua
