#include "engine/lua/vm.hpp"

#include "engine/lua/exact_concatenation.hpp"
#include "engine/lua/number_text.hpp"
#include "engine/lua/support.hpp"

#include <fmt/format.h>

#include <cassert>
#include <filesystem>
#include <set>

namespace gelombang {

extern const std::string_view kPrelude;  // engine/prelude/*.lua

namespace lua {

StackGuard::~StackGuard() { assert(lua_gettop(L_) == expected_); }

LuaUser& user_of(lua_State* L) {
  LuaUser* user = state_of(L).user;
  if (user == nullptr) throw std::runtime_error("this belongs inside a journey, not at the top of the file");
  return *user;
}

std::string_view text(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    const int place = index < 0 ? lua_gettop(L) + index + 1 : index;
    push(L, number_text(lua_tonumber(L, index)));
    lua_replace(L, place);
  }
  std::size_t length = 0;
  const char* value = lua_tolstring(L, index, &length);
  if (value == nullptr) throw std::runtime_error(fmt::format("argument {} is no text", index));
  return {value, length};
}

void add_functions(lua_State* L, LuaVm::State& state, const Function* functions, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    lua_pushlightuserdata(L, &state);
    lua_pushcclosure(L, functions[i].function, 1);
    lua_setfield(L, -2, functions[i].name);
  }
}

namespace {

constexpr const char* kBytesType = "gelombang.bytes";
constexpr std::uint64_t kMostSource = 16 * 1024 * 1024;  // bytes of a file of Lua

int collect_bytes(lua_State* L) {
  using Bytes = std::shared_ptr<const std::string>;
  static_cast<Bytes*>(lua_touserdata(L, 1))->~Bytes();
  return 0;
}

void push_settings(lua_State* L, const ScenarioSettings& settings) {
  const auto push_map = [L](const std::map<std::string, std::string>& values) {
    lua_newtable(L);
    for (const auto& [key, value] : values) {
      push(L, value);
      lua_setfield(L, -2, key.c_str());
    }
  };
  lua_newtable(L);
  push(L, settings.target);
  lua_setfield(L, -2, "target");
  lua_pushnumber(L, static_cast<double>(settings.seed));
  lua_setfield(L, -2, "seed");
  push_map(settings.values);
  lua_setfield(L, -2, "values");
  push_map(settings.secrets);
  lua_setfield(L, -2, "secrets");
}

// Runs the prelude, and keeps the table of functions that it returns.
void open_api(lua_State* L, LuaVm::State& state) {
  luaL_openlibs(L);
  register_state(L, state);
  if (luaL_loadbuffer(L, kPrelude.data(), kPrelude.size(), "=api") != 0) {
    throw std::logic_error(std::string(text(L, -1)));
  }
  lua_newtable(L);
  add_load_functions(L, state);
  add_shape_functions(L, state);
  add_user_functions(L, state);
  add_value_functions(L, state);
  push_settings(L, state.settings);
  if (lua_pcall(L, 2, 1, 0) != 0) throw std::logic_error(std::string(text(L, -1)));
  state.host = luaL_ref(L, LUA_REGISTRYINDEX);
}

void push_host_function(lua_State* L, const LuaVm::State& state, const char* name) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.host);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
}

std::set<std::string> asked_settings(lua_State* L, const LuaVm::State& state) {
  const StackCleaner cleaner(L);
  std::set<std::string> asked;
  push_host_function(L, state, "asked");
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) asked.emplace(text(L, -2));
  return asked;
}

double longest_mail_wait(lua_State* L, const LuaVm::State& state) {
  const StackCleaner cleaner(L);
  push_host_function(L, state, "mail_wait");
  lua_call(L, 0, 1);
  return lua_tonumber(L, -1);
}

}  // namespace

bool load_text(lua_State* L, LuaVm::State& state, const NamedFile& file) {
  const std::string& path = file.path();
  std::string message;
  {
    auto opened = file.open();
    auto source = opened.has_value() ? opened->read_all(kMostSource) : Result<std::string>(opened.error());
    if (source.has_value()) {
      const std::string& known = state.sources[path] = std::move(*source);
      const auto load = [L, chunk = "@" + path](const std::string& written) {
        return luaL_loadbufferx(L, written.data(), written.size(), chunk.c_str(), "t") == 0;
      };
      // Compiles the original text first, so that an error message refers to this text.
      if (load(known)) {
        lua_pop(L, 1);
        if (load(with_exact_concatenation(known))) return true;
      }
      message = text(L, -1);
      lua_pop(L, 1);
    } else {
      message = source.error().message;
    }
  }
  // LuaJIT's message for anything that is not source text. Bytecode could break out of the sandbox.
  if (message.find("wrong mode") != std::string::npos)
    message = fmt::format("{}:1: this is bytecode: expected Lua source text", path);
  push(L, message);
  return false;
}

void push_bytes(lua_State* L, std::shared_ptr<const std::string> bytes) {
  void* place = lua_newuserdata(L, sizeof bytes);
  new (place) std::shared_ptr<const std::string>(std::move(bytes));
  if (luaL_newmetatable(L, kBytesType) != 0) {
    lua_pushcfunction(L, collect_bytes);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
}

std::shared_ptr<const std::string> to_bytes(lua_State* L, int index) {
  void* place = lua_touserdata(L, index);
  if (place != nullptr && lua_getmetatable(L, index) != 0) {
    lua_getfield(L, LUA_REGISTRYINDEX, kBytesType);
    const bool ours = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    if (ours) return *static_cast<std::shared_ptr<const std::string>*>(place);
  }
  return std::make_shared<const std::string>(text(L, index));
}

}  // namespace lua

namespace {

// A cycle of the garbage collector visits the coroutine of every user, including those who wait. So the next cycle
// begins when memory has grown fourfold, not twofold.
constexpr int kGarbagePause = 400;

}  // namespace

LuaVm::LuaVm(const ScenarioSettings& settings, PhotoStore& photos) : state_(std::make_unique<State>()) {
  state_->settings = settings;
  state_->photos = &photos;
  state_->lua.reset(luaL_newstate());
  if (!state_->lua) throw std::bad_alloc();
  lua_gc(state_->lua.get(), LUA_GCSETPAUSE, kGarbagePause);
  lua::open_api(state_->lua.get(), *state_);
}

LuaVm::~LuaVm() = default;

namespace {

// The text of the error on top of the stack, with the file's name in front if it has no place of its own.
Error load_error(lua_State* L, const std::string& path) {
  if (lua_isstring(L, -1) == 0) return Error{fmt::format("{}: the file raised an error that is no text", path)};
  const std::string_view message = lua::text(L, -1);
  const bool placed = message.starts_with(path) || message.find(".lua:") != std::string_view::npos;
  return Error{placed ? std::string(message) : fmt::format("{}: {}", path, message)};
}

}  // namespace

Result<void> LuaVm::run_file(const std::string& path, const char* kind) {
  lua_State* L = state_->lua.get();
  state_->folder = ScenarioFolder(path, state_->settings.values, state_->settings.library_paths);
  if (std::error_code failure; !std::filesystem::is_regular_file(path, failure)) {
    const bool directory = std::filesystem::is_directory(path, failure);
    return Error{fmt::format(
        "{}: {}", path,
        directory ? fmt::format("is a directory: expected a {} file", kind) : fmt::format("no such {} file", kind))};
  }
  lua::push_host_function(L, *state_, "load");
  if (!lua::load_text(L, *state_, NamedFile::of_caller(path))) return load_error(L, path);
  lua_pushstring(L, kind);
  const lua::LineTracker tracker(L);
  if (lua_pcall(L, 2, 1, 0) != 0) return load_error(L, path);
  return {};
}

Result<WatchFile> LuaVm::load_watch(const std::string& path) {
  lua_State* L = state_->lua.get();
  const lua::StackCleaner cleaner(L);
  if (const auto ran = run_file(path, "watch"); !ran) return ran.error();
  try {
    return lua::read_watch(L, *state_, path);
  } catch (const std::exception& problem) {
    return Error{fmt::format("{}: {}", path, problem.what())};
  }
}

Result<Scenario> LuaVm::load(const std::string& path) {
  lua_State* L = state_->lua.get();
  const lua::StackCleaner cleaner(L);
  if (const auto ran = run_file(path, "scenario"); !ran) return ran.error();
  try {
    auto scenario = lua::read_scenario(L, *state_, path);
    state_->scenario = luaL_ref(L, LUA_REGISTRYINDEX);
    if (scenario.has_value()) {
      scenario->settings_asked = lua::asked_settings(L, *state_);
      scenario->longest_mail_wait = from_seconds(lua::longest_mail_wait(L, *state_));
    }
    lua::push_host_function(L, *state_, "freeze");
    lua_call(L, 0, 0);
    return scenario;
  } catch (const std::exception& problem) {
    return Error{fmt::format("{}: {}", path, problem.what())};
  }
}

LuaVm::Coroutine LuaVm::create_coroutine() {
  lua_State* L = state_->lua.get();
  Coroutine coroutine;
  coroutine.state_ = lua_newthread(L);
  coroutine.anchor_ = luaL_ref(L, LUA_REGISTRYINDEX);
  return coroutine;
}

void LuaVm::release(Coroutine& coroutine) {
  if (coroutine.anchor_ != LUA_NOREF) luaL_unref(state_->lua.get(), LUA_REGISTRYINDEX, coroutine.anchor_);
  coroutine = Coroutine{};
}

namespace {

// Pushes the list of the session's requests: { at = seconds since the first, after = seconds since the previous one,
// method, path, status }.
void push_session(lua_State* L, const SessionReplay& replay, std::uint64_t arrival) {
  const RecordedSession& session = replay.session(arrival);
  lua_createtable(L, static_cast<int>(session.requests.size()), 0);
  int number = 0;
  double before = 0;
  for (const RecordedRequest& request : session.requests) {
    const double at = request.at_ms / 1000.0 / replay.speed;
    lua_createtable(L, 0, 5);
    lua_pushnumber(L, at);
    lua_setfield(L, -2, "at");
    lua_pushnumber(L, at - before);
    lua_setfield(L, -2, "after");
    lua_pushstring(L, names_of(request.method).script);
    lua_setfield(L, -2, "method");
    lua::push(L, replay.recording->paths[request.path]);
    lua_setfield(L, -2, "path");
    lua_pushinteger(L, request.status);
    lua_setfield(L, -2, "status");
    lua_rawseti(L, -2, ++number);
    before = at;
  }
}

}  // namespace

LuaVm::Step LuaVm::begin(Coroutine& coroutine, LuaUser& user, const Iteration& iteration, const Fields& person) {
  lua_State* L = coroutine.state_;
  lua::push_host_function(L, *state_, "play");
  lua_rawgeti(L, LUA_REGISTRYINDEX, state_->journeys[iteration.journey]);
  lua_createtable(L, 0, static_cast<int>(person.size()));
  for (const auto& [key, value] : person) {
    lua::push(L, value);
    lua_setfield(L, -2, key.c_str());
  }
  if (iteration.sessions != nullptr) {
    push_session(L, *iteration.sessions, iteration.index);
    lua_setfield(L, -2, "session");
  }
  lua_pushinteger(L, state_->behaviours[iteration.journey]);
  return resume(coroutine, user, 3);
}

LuaVm::Step LuaVm::resume(Coroutine& coroutine, LuaUser& user, int pushed) {
  state_->user = &user;
  const int status = lua_resume(coroutine.state_, pushed);
  state_->user = nullptr;
  return finish(coroutine, status);
}

LuaVm::Step LuaVm::finish(Coroutine& coroutine, int status) {
  lua_State* L = coroutine.state_;
  Step step;
  if (status == LUA_YIELD) {
    lua_settop(L, 0);
    return step;
  }
  if (status != 0) {
    // play() catches everything except out of memory. The coroutine is dead.
    const char* problem = lua_tostring(L, -1);
    step.progress = Progress::script_error;
    step.error = problem != nullptr ? problem : "unknown Lua error";
    return step;
  }
  const std::string_view result = lua::text(L, 1);
  if (result == "success") {
    step.progress = Progress::finished;
  } else if (result == "left") {
    step.progress = Progress::left;
  } else if (result == "failure") {
    step.progress = Progress::failed;
  } else {
    step.progress = Progress::script_error;
    step.error = lua::text(L, 2);
  }
  lua_settop(L, 0);
  return step;
}

int LuaVm::step_id(JourneyId journey, int number) const noexcept {
  const auto& numbers = state_->step_ids[journey];
  const auto index = static_cast<std::size_t>(number - 1);
  return index < numbers.size() ? numbers[index] : -1;
}

void LuaVm::collect_garbage() { lua_gc(state_->lua.get(), LUA_GCSTEP, 1); }

}  // namespace gelombang
