// From the table of a watch file to data. The prelude has checked the types, where its errors carry the line.
#include "base/json_writer.hpp"
#include "engine/lua/fields.hpp"
#include "engine/lua/support.hpp"

namespace gelombang::lua {
namespace {

Duration seconds_field(lua_State* L, int table, const char* name) {
  return from_seconds(number_field(L, table, name, 0));
}

std::vector<std::string> texts(lua_State* L, const char* field, int table) {
  std::vector<std::string> found;
  for_each(L, field, table, [&] { found.emplace_back(printable(std::string(text(L, -1)))); });
  return found;
}

WatchFile::Monitor read_monitor(lua_State* L, const LuaVm::State& state, const std::string& name) {
  const int table = lua_gettop(L);
  WatchFile::Monitor monitor;
  monitor.name = name;
  monitor.scenario = string_field(L, table, "scenario");
  monitor.url = string_field(L, table, "url");
  monitor.contains = string_field(L, table, "contains");
  monitor.title = printable(string_field(L, table, "public"));
  monitor.every = seconds_field(L, table, "every");
  monitor.timeout = seconds_field(L, table, "timeout");
  monitor.slow = seconds_field(L, table, "slow");
  monitor.people = read_feed(L, state, table, "feed");
  monitor.rest = seconds_field(L, table, "rest");
  for_each(L, "objectives", table, [&] {
    const int objective = lua_gettop(L);
    monitor.objectives.push_back({string_field(L, objective, "step"), seconds_field(L, objective, "below"),
                                  number_field(L, objective, "share", 0)});
  });
  monitor.down_failures = static_cast<unsigned>(whole_field(L, table, "failures"));
  monitor.down_of = static_cast<unsigned>(whole_field(L, table, "of"));
  monitor.max_in_flight = static_cast<unsigned>(whole_field(L, table, "max_in_flight"));
  monitor.per_day = whole_field(L, table, "per_day");
  lua_getfield(L, table, "probe");
  monitor.probe_in_maintenance = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return monitor;
}

}  // namespace

WatchFile read_watch(lua_State* L, const LuaVm::State& state, const std::string& path) {
  const StackGuard stack(L, 0);
  const int table = lua_gettop(L);
  WatchFile file;
  file.path = path;
  file.location = string_field(L, table, "location");
  file.locations = texts(L, "locations", table);
  file.zone = string_field(L, table, "zone");
  file.target = string_field(L, table, "target");
  for_each_named(L, "monitors", table,
                 [&](const std::string& name) { file.monitors.push_back(read_monitor(L, state, name)); });
  for_each(L, "maintenance", table, [&] {
    const int window = lua_gettop(L);
    file.maintenance.push_back({string_field(L, window, "when"), seconds_field(L, window, "lasts")});
  });
  for_each(L, "calendar", table, [&] {
    const int entry = lua_gettop(L);
    file.calendar.push_back({string_field(L, entry, "at"), printable(string_field(L, entry, "text"))});
  });
  file.witness = texts(L, "witness", table);
  return file;
}

}  // namespace gelombang::lua
