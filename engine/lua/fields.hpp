// Reads the fields of a table that the prelude has checked. Only files of engine/lua/ include it.
#pragma once

#include "engine/lua/support.hpp"
#include "engine/people/feeder.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::lua {

inline std::string string_field(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::string value = lua_isnil(L, -1) ? std::string() : std::string(text(L, -1));
  lua_pop(L, 1);
  return value;
}

inline double number_field(lua_State* L, int table, const char* name, double otherwise) {
  lua_getfield(L, table, name);
  const double value = lua_isnumber(L, -1) != 0 ? lua_tonumber(L, -1) : otherwise;
  lua_pop(L, 1);
  return value;
}

inline std::uint64_t whole_field(lua_State* L, int table, const char* name) {
  return static_cast<std::uint64_t>(number_field(L, table, name, 0));
}

// Calls `visit(name)` for each key, sorted, with the value on top of the stack.
template <class Visit>
void for_each_named(lua_State* L, const char* field, int table, Visit visit) {
  lua_getfield(L, table, field);
  std::vector<std::string> names;
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      if (lua_type(L, -2) == LUA_TSTRING) names.emplace_back(text(L, -2));
      lua_pop(L, 1);
    }
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    lua_getfield(L, -1, name.c_str());
    visit(name);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

// Calls `visit()` for each element of a list, with it on top of the stack.
template <class Visit>
void for_each(lua_State* L, const char* field, int table, Visit visit) {
  lua_getfield(L, table, field);
  if (lua_istable(L, -1)) {
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
      lua_rawgeti(L, -1, i);
      visit();
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

// The feed in a field; nothing where there is none.
std::optional<Feed> read_feed(lua_State* L, const LuaVm::State& state, int table, const char* field);

}  // namespace gelombang::lua
