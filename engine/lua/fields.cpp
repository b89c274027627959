#include "engine/lua/fields.hpp"

namespace gelombang::lua {

std::optional<Feed> read_feed(lua_State* L, const LuaVm::State& state, int table, const char* field) {
  lua_getfield(L, table, field);
  std::optional<Feed> feed;
  if (lua_istable(L, -1)) {
    const int source = lua_gettop(L);
    const std::string order = string_field(L, source, "order");
    feed.emplace();
    const auto known = std::find(kFeederOrderNames.begin(), kFeederOrderNames.end(), order);
    if (known != kFeederOrderNames.end()) feed->order = static_cast<FeederOrder>(known - kFeederOrderNames.begin());
    if (string_field(L, source, "kind") == "csv") {
      feed->csv = state.csv.at(string_field(L, source, "path"));
    } else {
      feed->people = PeopleFeed{whole_field(L, source, "seed"), whole_field(L, source, "first"),
                                whole_field(L, source, "count"), string_field(L, source, "domain")};
    }
  }
  lua_pop(L, 1);
  return feed;
}

}  // namespace gelombang::lua
