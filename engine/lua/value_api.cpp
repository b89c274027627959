// The functions of the prelude's `native` table that turn values into text and JSON, and back.
#include "base/json_writer.hpp"
#include "engine/lua/json.hpp"
#include "engine/lua/number_text.hpp"
#include "engine/lua/support.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang::lua {
namespace {

constexpr std::ptrdiff_t kLongestName = 80;  // characters

int number_as_text(lua_State* L) {
  push(L, number_text(lua_tonumber(L, 1)));
  return 1;
}

// The text of a number that json.number made; nil for other values.
int exact_text(lua_State* L) {
  const auto number = exact_number(L, 1);
  if (!number) return 0;
  push(L, *number);
  return 1;
}

// A text -> the number of json.number; nil if the text is not a number of JSON.
int json_number(lua_State* L) {
  const std::string number(text(L, 1));
  if (!is_json_number(number)) return 0;
  push_exact_number(L, number);
  return 1;
}

// A value, and its name for messages -> its text in JSON
int json_encode(lua_State* L) {
  push(L, json_text(L, 1, text(L, 2)));
  return 1;
}

// A text -> its value; or nil and why there is none
int json_decode(lua_State* L) {
  const auto problem = push_json(L, text(L, 1));
  if (!problem) return 1;
  lua_pushnil(L);
  push(L, *problem);
  return 2;
}

int json_list(lua_State* L) {
  lua_settop(L, 1);
  if (!mark_list(L)) throw std::runtime_error("json.list takes a plain table");
  return 1;
}

int keep_handles_of_api(lua_State* L) {
  lua_settop(L, 1);
  keep_handles(L);
  return 0;
}

// A text -> whether it can be a label of a metric and be shown on a terminal
int is_label(lua_State* L) {
  lua_pushboolean(L, printable(text(L, 1)) == text(L, 1) ? 1 : 0);
  return 1;
}

// A name for labels and thresholds -> the name and what is wrong with it; nil if nothing is wrong.
int name_problem(lua_State* L) {
  const std::string_view name = text(L, 1);
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xC0) != 0x80; });
  const char* problem = nullptr;
  if (valid_utf8(name) != name) {
    problem = "is no UTF-8: save the file as UTF-8";
  } else if (characters < 1 || characters > kLongestName) {
    problem = "expected a name of 1 to 80 characters";
  } else if (printable(name) != name || name.find_first_of("/:{}\"\\") != std::string_view::npos) {
    problem = "expected a name without / : { } quotes, backslashes and control characters";
  } else if (name.front() == ' ' || name.back() == ' ' || name.find("  ") != std::string_view::npos) {
    problem = "expected single blanks between words, and none around them: a threshold could not name it";
  }
  if (problem == nullptr) return 0;
  push(L, fmt::format("'{}': {}", printable(name), problem));
  return 1;
}

}  // namespace

void add_value_functions(lua_State* L, LuaVm::State& state) {
  static constexpr Function kFunctions[] = {
      {"number_text", guarded<number_as_text>},       {"exact_text", guarded<exact_text>},
      {"json_number", guarded<json_number>},          {"json_encode", guarded<json_encode>},
      {"json_decode", guarded<json_decode>},          {"json_list", guarded<json_list>},
      {"name_problem", guarded<name_problem>},        {"is_label", guarded<is_label>},
      {"keep_handles", guarded<keep_handles_of_api>},
  };
  add_functions(L, state, kFunctions, std::size(kFunctions));
  lua_pushlightuserdata(L, nullptr);
  lua_setfield(L, -2, "json_null");
}

}  // namespace gelombang::lua
