// One Lua state: the API of docs/scripting.md, a scenario file loaded into it, and coroutines that play
// journeys. Belongs to one thread. Only files of engine/lua/ include Lua's headers.
#pragma once

#include "base/result.hpp"
#include "engine/people/feeder.hpp"
#include "engine/scenario/scenario.hpp"
#include "engine/scenario/watch_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct lua_State;

namespace gelombang {

class PhotoStore;
class LuaUser;

// One pass through a journey that is to be played.
struct Iteration {
  std::uint64_t index = 0;  // decides journey, person and everything random
  JourneyId journey = 0;
  TimePoint intended{};                     // when it should begin
  const SessionReplay* sessions = nullptr;  // of a replay: session `index` becomes person.session
};

class LuaVm {
 public:
  // `photos` is shared by all states of the process.
  LuaVm(const ScenarioSettings& settings, PhotoStore& photos);
  ~LuaVm();
  LuaVm(const LuaVm&) = delete;
  LuaVm& operator=(const LuaVm&) = delete;

  // Reads, runs and checks a scenario file, and describes it.
  Result<Scenario> load(const std::string& path);
  // Reads, runs and checks a watch file. This state then plays nothing.
  Result<WatchFile> load_watch(const std::string& path);

  // How a resumed journey stopped. left: the person chose to leave.
  enum class Progress : std::uint8_t { waiting, finished, left, failed, script_error };
  struct Step {
    Progress progress = Progress::waiting;
    std::string error;  // with traceback; script_error only, not redacted
  };

  // A parked coroutine; give it back with release().
  class Coroutine {
   public:
    [[nodiscard]] lua_State* state() const noexcept { return state_; }

   private:
    friend class LuaVm;
    lua_State* state_ = nullptr;
    int anchor_ = -2;  // LUA_NOREF
  };
  Coroutine create_coroutine();
  void release(Coroutine& coroutine);
  // Starts the iteration's journey for `user`; `person` becomes its argument.
  Step begin(Coroutine& coroutine, LuaUser& user, const Iteration& iteration, const Fields& person);
  // Continues the coroutine after the operation that it waited for. Its stack holds `pushed` results.
  Step resume(Coroutine& coroutine, LuaUser& user, int pushed);
  // The id of a step in a journey; -1 if the journey does not list it. `number` counts declarations from 1.
  [[nodiscard]] int step_id(JourneyId journey, int number) const noexcept;
  // A little garbage collection, between iterations.
  void collect_garbage();

  struct State;  // for the functions that Lua calls

 private:
  // Runs a file, which returns `kind { ... }`, and leaves that table's data on the stack.
  Result<void> run_file(const std::string& path, const char* kind);
  Step finish(Coroutine& coroutine, int status);
  std::unique_ptr<State> state_;
};

}  // namespace gelombang
