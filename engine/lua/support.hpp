// Shared by the files of engine/lua/ only: the bridge between Lua's errors and C++.
#pragma once

#include "engine/files/scenario_folder.hpp"
#include "engine/lua/vm.hpp"
#include "engine/people/photo_store.hpp"

#include <lua.hpp>

#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct LuaVm::State {
  ScenarioSettings settings;
  PhotoStore* photos = nullptr;
  ScenarioFolder folder;
  std::map<std::string, std::shared_ptr<const CsvTable>> csv;  // by path
  LuaUser* user = nullptr;                                     // whose coroutine is running; null while loading
  // While loading: the line of the scenario that ran last.
  std::string last_source;                     // "@path"
  int last_line = 0;                           // 0: not loading
  std::map<std::string, std::string> sources;  // the files that were read, by path; while loading
  std::vector<std::vector<int>> step_ids;      // [journey][number - 1], -1: not listed
  struct Closer {
    void operator()(lua_State* L) const noexcept { lua_close(L); }
  };
  std::unique_ptr<lua_State, Closer> lua;
  int host = LUA_NOREF;         // the table that the prelude returns
  int scenario = LUA_NOREF;     // the table that the file returns
  std::vector<int> journeys;    // the run functions
  std::vector<int> behaviours;  // the prelude's numbers of the journeys' behaviours; 0: none
};

namespace lua {

// Checks, in tests and debug builds, that a function leaves the stack as it promised.
class StackGuard {
 public:
  StackGuard(lua_State* L, int growth) noexcept : L_(L), expected_(lua_gettop(L) + growth) {}
  ~StackGuard();
  StackGuard(const StackGuard&) = delete;
  StackGuard& operator=(const StackGuard&) = delete;

 private:
  lua_State* L_;
  int expected_;
};

// Pops, at the end of a scope, everything that was pushed in it.
class StackCleaner {
 public:
  explicit StackCleaner(lua_State* L) noexcept : L_(L), top_(lua_gettop(L)) {}
  ~StackCleaner() { lua_settop(L_, top_); }
  StackCleaner(const StackCleaner&) = delete;
  StackCleaner& operator=(const StackCleaner&) = delete;

 private:
  lua_State* L_;
  int top_;
};

inline LuaVm::State& state_of(lua_State* L) noexcept {
  return *static_cast<LuaVm::State*>(lua_touserdata(L, lua_upvalueindex(1)));
}

// The virtual user whose script is running. Throws a script error while the file loads.
LuaUser& user_of(lua_State* L);

// Lets functions that only have `L` find the state.
void register_state(lua_State* L, LuaVm::State& state);

// Notes each line that runs while the scenario loads: `return scenario { ... }` is a tail call, and the stack does not
// know its line. Compiled loops call no hook, so the compiler is off meanwhile.
class LineTracker {
 public:
  explicit LineTracker(lua_State* L);
  ~LineTracker();
  LineTracker(const LineTracker&) = delete;
  LineTracker& operator=(const LineTracker&) = delete;

 private:
  lua_State* L_;
};

// "file:line: ", the innermost place of the scenario that is running; empty if there is none.
std::string place(lua_State* L);

// The text of a value. A number becomes its exact text.
std::string_view text(lua_State* L, int index);
inline void push(lua_State* L, std::string_view value) { lua_pushlstring(L, value.data(), value.size()); }

// Leaves "file:line: problem" on the stack.
void push_fault(lua_State* L, const char* problem);

// Wraps a C++ function for Lua: an exception becomes a Lua error after all C++ objects are destroyed.
template <int (*function)(lua_State*)>
int guarded(lua_State* L) {
  try {
    return function(L);
  } catch (const std::exception& problem) {
    push_fault(L, problem.what());
  }
  return lua_error(L);
}

struct Function {
  const char* name;
  lua_CFunction function;
};

// Each adds its functions to the table on top of the stack.
void add_load_functions(lua_State* L, LuaVm::State& state);
void add_shape_functions(lua_State* L, LuaVm::State& state);
void add_user_functions(lua_State* L, LuaVm::State& state);
void add_value_functions(lua_State* L, LuaVm::State& state);
void add_functions(lua_State* L, LuaVm::State& state, const Function* functions, std::size_t count);

// Leaves a file's chunk on the stack; or returns false, and leaves a message. Accepts text only, and makes its
// concatenations exact.
bool load_text(lua_State* L, LuaVm::State& state, const NamedFile& file);

// Reads the scenario table on top of the stack.
Result<Scenario> read_scenario(lua_State* L, LuaVm::State& state, const std::string& path);
// Reads the watch table on top of the stack.
WatchFile read_watch(lua_State* L, const LuaVm::State& state, const std::string& path);

// Copies the handle of a shared byte buffer into a userdata, and back. The copy cannot throw.
void push_bytes(lua_State* L, std::shared_ptr<const std::string> bytes);
std::shared_ptr<const std::string> to_bytes(lua_State* L, int index);

}  // namespace lua
}  // namespace gelombang
