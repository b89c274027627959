// Makes a Scenario from the table that a scenario file returns. The prelude has already checked every value where it
// was written, so that errors carry the line. So every value here has the right type.
#include "base/json_writer.hpp"
#include "engine/load/recorded_time.hpp"
#include "engine/lua/fields.hpp"
#include "engine/lua/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <utility>

namespace gelombang::lua {
namespace {

std::optional<Spread> read_spread(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::optional<Spread> spread;
  if (lua_istable(L, -1)) {
    const int values = lua_gettop(L);
    spread = Spread{number_field(L, values, "median", 1), number_field(L, values, "p90", 1)};
  }
  lua_pop(L, 1);
  return spread;
}

// { shortest, longest } in seconds, from index `first` of the list on top of the stack.
TimeRange read_range(lua_State* L, int first) {
  const auto element = [L](int index) {
    lua_rawgeti(L, -1, index);
    const double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return from_seconds(value);
  };
  return {element(first), element(first + 1)};
}

std::optional<Behaviour> read_behaviour(lua_State* L, int journey) {
  lua_getfield(L, journey, "behaviour");
  std::optional<Behaviour> result;
  if (lua_istable(L, -1)) {
    const int table = lua_gettop(L);
    Behaviour behaviour;
    behaviour.name = string_field(L, table, "name");
    behaviour.patience = read_spread(L, table, "patience");
    behaviour.reload = number_field(L, table, "reload", 0);
    behaviour.burst_least = static_cast<std::uint32_t>(whole_field(L, table, "burst_least"));
    behaviour.burst_most = static_cast<std::uint32_t>(whole_field(L, table, "burst_most"));
    lua_getfield(L, table, "gap");
    if (lua_istable(L, -1)) behaviour.gap = read_range(L, 1);
    lua_pop(L, 1);
    for_each(L, "pauses", table, [L, &behaviour] {
      lua_rawgeti(L, -1, 1);
      const double share = lua_tonumber(L, -1);
      lua_pop(L, 1);
      behaviour.pauses.push_back({share, read_range(L, 2)});
    });
    behaviour.attempts = read_spread(L, table, "attempts");
    behaviour.double_submit = number_field(L, table, "double_submit", 0);
    behaviour.again = string_field(L, table, "again") == "journey" ? Behaviour::Again::journey : Behaviour::Again::step;
    result = std::move(behaviour);
  }
  lua_pop(L, 1);
  return result;
}

ReplaySource read_source(lua_State* L, const LuaVm::State& state, int table) {
  const std::string kind = string_field(L, table, "source");
  // The prelude has already checked the name where it was written.
  const auto file = [&] { return state.folder.find_data(string_field(L, table, "path")).value(); };
  if (kind == "csv") return RateCsvSource{file()};
  if (kind == "access_log") {
    AccessLogSource source{file(), {}};
    source.options.gap = from_seconds(number_field(L, table, "gap", 0));
    lua_getfield(L, table, "query");
    source.options.query = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return source;
  }
  const auto time = [&](const char* name) { return parse_recorded_time(string_field(L, table, name)).value(); };
  return PrometheusQuery{string_field(L, table, "url"), string_field(L, table, "query"), time("from"), time("to"),
                         from_seconds(number_field(L, table, "step", 0))};
}

Load read_load(lua_State* L, const LuaVm::State& state, const std::string& name) {
  const int table = lua_gettop(L);
  const std::string kind = string_field(L, table, "kind");
  Load load;
  if (kind == "constant_users") {
    load = constant_users_load(whole_field(L, table, "users"), from_seconds(number_field(L, table, "duration", 0)));
  } else if (kind == "iterations") {
    load = iterations_load(whole_field(L, table, "users"), whole_field(L, table, "iterations"),
                           from_seconds(number_field(L, table, "duration", 0)));
  } else {
    load.kind = parse_load_kind(kind).value();
    lua_getfield(L, table, "uniform");
    load.uniform = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    if (load.kind == LoadKind::replay) load.source = read_source(L, state, table);
    for_each(L, "pieces", table, [L, &load] {
      const auto piece = [L](int index) {
        lua_rawgeti(L, -1, index);
        const double value = lua_tonumber(L, -1);
        lua_pop(L, 1);
        return value;
      };
      load.intensity.add_piece(from_seconds(piece(1)), Rate::per_second(piece(2)), Rate::per_second(piece(3)));
    });
    for_each(L, "phases", table, [L, &load] {
      lua_rawgeti(L, -1, 1);
      lua_rawgeti(L, -2, 2);
      load.phases.push_back({std::string(text(L, -2)), from_seconds(lua_tonumber(L, -1))});
      lua_pop(L, 2);
    });
  }
  load.name = name;
  return load;
}

// The names of all declared steps, by number.
std::vector<std::string> read_step_names(lua_State* L, const LuaVm::State& state) {
  std::vector<std::string> names;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.host);
  for_each(L, "steps", lua_gettop(L), [L, &names] { names.push_back(string_field(L, lua_gettop(L), "name")); });
  lua_pop(L, 1);
  return names;
}

void read_journey(lua_State* L, LuaVm::State& state, const std::string& name,
                  const std::vector<std::string>& step_names, Scenario& scenario) {
  const int table = lua_gettop(L);
  const auto id = static_cast<JourneyId>(scenario.journeys.size());
  scenario.journeys.push_back({name, number_field(L, table, "weight", 1),
                               from_seconds(number_field(L, table, "lasts", 0)), read_feed(L, state, table, "people"),
                               read_behaviour(L, table)});
  scenario.catalog.journeys.push_back(name);
  std::vector<int> ids(step_names.size(), -1);
  for_each(L, "numbers", table, [&] {
    const auto index = static_cast<std::size_t>(lua_tointeger(L, -1) - 1);
    ids.at(index) = static_cast<int>(scenario.catalog.steps.size());
    scenario.catalog.steps.push_back({id, step_names.at(index)});
  });
  state.step_ids.push_back(std::move(ids));
  lua_getfield(L, table, "behaviour");
  state.behaviours.push_back(lua_istable(L, -1) ? static_cast<int>(number_field(L, lua_gettop(L), "number", 0)) : 0);
  lua_pop(L, 1);
  lua_getfield(L, table, "run");
  state.journeys.push_back(luaL_ref(L, LUA_REGISTRYINDEX));
}

}  // namespace

Result<Scenario> read_scenario(lua_State* L, LuaVm::State& state, const std::string& path) {
  const StackGuard stack(L, 0);
  const int table = lua_gettop(L);
  Scenario scenario;
  scenario.path = path;
  // Name and description become a label and a heading, so they are made text of one line, whatever the file is called.
  scenario.name = printable(std::filesystem::path(path).stem().string());
  scenario.description = printable(string_field(L, table, "description"));
  if (const std::string catch_up = string_field(L, table, "catch_up"); !catch_up.empty()) {
    scenario.catch_up = parse_catch_up(catch_up).value();
  }
  if (std::string header = string_field(L, table, "back_end_header"); !header.empty()) {
    std::transform(header.begin(), header.end(), header.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    scenario.back_end = BackEndMark{BackEndMark::Kind::header, std::move(header)};
  } else if (std::string cookie = string_field(L, table, "back_end_cookie"); !cookie.empty()) {
    scenario.back_end = BackEndMark{BackEndMark::Kind::cookie, std::move(cookie)};
  }
  for_each(L, "networks", table, [&] {
    const int network = lua_gettop(L);
    scenario.networks.push_back(
        {{string_field(L, network, "name"), number_field(L, network, "upload", 0),
          number_field(L, network, "download", 0), from_seconds(number_field(L, network, "rtt", 0))},
         number_field(L, network, "weight", 1)});
    scenario.catalog.networks.push_back(scenario.networks.back().profile.name);
  });
  const std::vector<std::string> step_names = read_step_names(L, state);
  for_each_named(L, "journeys", table,
                 [&](const std::string& name) { read_journey(L, state, name, step_names, scenario); });
  for_each_named(L, "loads", table,
                 [&](const std::string& name) { scenario.loads.push_back(read_load(L, state, name)); });
  for_each(L, "thresholds", table, [&] { scenario.thresholds.emplace_back(text(L, -1)); });
  for_each(L, "guards", table, [&] {
    const int guard = lua_gettop(L);
    scenario.guards.push_back(
        DigitGuard::create(string_field(L, guard, "pattern"), string_field(L, guard, "only")).value());
  });
  return scenario;
}

}  // namespace gelombang::lua
