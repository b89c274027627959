// The functions of the prelude's `native` table that make load shapes. The prelude has checked every value.
#include "engine/load/shapes.hpp"
#include "engine/lua/support.hpp"

namespace gelombang::lua {
namespace {

double number_at(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  const double value = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return value;
}

Duration duration_at(lua_State* L, int table, const char* name) { return from_seconds(number_at(L, table, name)); }

// Calls `visit()` for each element of the list `name`, with it on top of the stack.
template <class Visit>
void each_of(lua_State* L, int table, const char* name, Visit visit) {
  lua_getfield(L, table, name);
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
    lua_rawgeti(L, -1, i);
    visit();
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

DayCurve read_day(lua_State* L, int table) {
  lua_getfield(L, table, "day");
  const int day = lua_gettop(L);
  DayCurve curve;
  std::size_t hour = 0;
  each_of(L, day, "weights", [&] { curve.weights.at(hour++) = lua_tonumber(L, -1); });
  curve.zones.clear();
  each_of(L, day, "zones", [&] {
    const int zone = lua_gettop(L);
    curve.zones.push_back({from_seconds(3600 * number_at(L, zone, "utc")), number_at(L, zone, "share")});
  });
  curve.start = duration_at(L, day, "start");
  lua_pop(L, 1);
  return curve;
}

int push_pieces(lua_State* L, const Intensity& intensity) {
  lua_newtable(L);
  int number = 0;
  intensity.visit_pieces([&](double seconds, double from, double to) {
    lua_createtable(L, 3, 0);
    const double values[] = {seconds, from, to};
    for (int i = 0; i < 3; ++i) {
      lua_pushnumber(L, values[i]);
      lua_rawseti(L, -2, i + 1);
    }
    lua_rawseti(L, -2, ++number);
  });
  return 1;
}

int diurnal_pieces(lua_State* L) {
  const Rate mean = Rate::per_second(number_at(L, 1, "mean"));
  return push_pieces(L, diurnal(mean, duration_at(L, 1, "duration"), read_day(L, 1)));
}

// wave_opening(table) -> pieces; or nil and the problem
int wave_pieces(lua_State* L) {
  WaveOpening wave;
  wave.arrivals = number_at(L, 1, "arrivals");
  wave.window = duration_at(L, 1, "window");
  wave.first_hour = number_at(L, 1, "first_hour");
  wave.first_minute = number_at(L, 1, "first_minute");
  wave.half_life = duration_at(L, 1, "half_life");
  wave.day = read_day(L, 1);
  wave.closing_share = number_at(L, 1, "closing_share");
  wave.closing_lasts = duration_at(L, 1, "closing_lasts");
  wave.result_share = number_at(L, 1, "result_share");
  wave.result_after = duration_at(L, 1, "result_after");
  wave.result_half_life = duration_at(L, 1, "result_half_life");
  const auto intensity = wave_opening(wave);
  if (intensity.has_value()) return push_pieces(L, *intensity);
  lua_pushnil(L);
  push(L, intensity.error().message);
  return 2;
}

}  // namespace

void add_shape_functions(lua_State* L, LuaVm::State& state) {
  static constexpr Function kFunctions[] = {
      {"diurnal_pieces", guarded<diurnal_pieces>},
      {"wave_pieces", guarded<wave_pieces>},
  };
  add_functions(L, state, kFunctions, std::size(kFunctions));
}

}  // namespace gelombang::lua
