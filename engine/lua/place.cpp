// Where in a scenario's files a fault was caused.
#include "engine/lua/support.hpp"

#include <fmt/format.h>

#include <sstream>

namespace gelombang::lua {
namespace {

constexpr std::string_view kApiSource = "=api";
constexpr char kStateKey = 0;  // its address is the registry's key for the LuaVm::State

LuaVm::State& registered_state(lua_State* L) {
  lua_pushlightuserdata(L, const_cast<char*>(&kStateKey));
  lua_rawget(L, LUA_REGISTRYINDEX);
  LuaVm::State& state = *static_cast<LuaVm::State*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return state;
}

// "file:line: "; every chunk but the API is a file, "@path".
std::string place_of(const lua_Debug& frame, int line) { return fmt::format("{}:{}: ", frame.source + 1, line); }

// Finds a function of the scenario that the API runs. `return api(...)` is a tail call, which removes the caller's
// frame from the stack. Then the first line of this function is the nearest known place.
std::string function_in(lua_State* L, lua_Debug& frame) {
  for (int local = 1; lua_getlocal(L, &frame, local) != nullptr; ++local) {
    if (lua_isfunction(L, -1) == 0 || lua_iscfunction(L, -1) != 0) {
      lua_pop(L, 1);
      continue;
    }
    lua_Debug function{};
    lua_getinfo(L, ">S", &function);
    if (function.source != kApiSource) return place_of(function, function.linedefined);
  }
  return "";
}

// The first line of the expression that ends at line `last`, because a tail call carries the line of its end.
int first_line(const LuaVm::State& state, const std::string& path, int last) {
  const auto known = state.sources.find(path);
  if (known == state.sources.end()) return last;
  std::istringstream file(known->second);
  std::vector<std::string> lines;
  std::string line;
  while (static_cast<int>(lines.size()) < last && std::getline(file, line)) lines.push_back(line);
  const auto closers = [](char c) { return c == '}' || c == ')' ? 1 : c == '{' || c == '(' ? -1 : 0; };
  int open = 0;
  for (std::size_t i = lines.size(); i > 0; --i) {
    for (const char c : lines[i - 1]) open += closers(c);
    if (open <= 0) return static_cast<int>(i);
  }
  return last;
}

void note_line(lua_State* L, lua_Debug* frame) {
  lua_getinfo(L, "S", frame);
  if (frame->source == kApiSource) return;
  LuaVm::State& state = registered_state(L);
  state.last_source = frame->source;
  state.last_line = frame->currentline;
}

}  // namespace

void register_state(lua_State* L, LuaVm::State& state) {
  lua_pushlightuserdata(L, const_cast<char*>(&kStateKey));
  lua_pushlightuserdata(L, &state);
  lua_rawset(L, LUA_REGISTRYINDEX);
}

LineTracker::LineTracker(lua_State* L) : L_(L) {
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  lua_sethook(L, note_line, LUA_MASKLINE, 0);
}

LineTracker::~LineTracker() {
  lua_sethook(L_, nullptr, 0, 0);
  luaJIT_setmode(L_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_ON);
  registered_state(L_).last_line = 0;
  registered_state(L_).sources.clear();
}

std::string place(lua_State* L) {
  const LuaVm::State& state = registered_state(L);
  if (state.last_line > 0) {
    const std::string path = state.last_source.substr(1);
    return fmt::format("{}:{}: ", path, first_line(state, path, state.last_line));
  }
  lua_Debug frame{};
  std::string nearest;
  for (int level = 0; lua_getstack(L, level, &frame) != 0; ++level) {
    lua_getinfo(L, "Sl", &frame);
    if (std::string_view(frame.what) == "C") continue;
    if (frame.source != kApiSource) return place_of(frame, frame.currentline);
    if (nearest.empty()) nearest = function_in(L, frame);
  }
  return nearest;
}

void push_fault(lua_State* L, const char* problem) { push(L, place(L) + problem); }

}  // namespace gelombang::lua
