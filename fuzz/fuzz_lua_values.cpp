// JSON of a target, and the text of a scenario. JSON that was read can be written and read again. A scenario that is
// valid Lua stays valid when its concatenations are made exact.
#include "engine/lua/exact_concatenation.hpp"
#include "engine/lua/json.hpp"

#include <lua.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

bool is_lua(lua_State* L, std::string_view text) {
  const bool loaded = luaL_loadbufferx(L, text.data(), text.size(), "=text", "t") == 0;
  lua_settop(L, 0);
  return loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<lua_State, void (*)(lua_State*)> state(luaL_newstate(), lua_close);
  lua_State* const L = state.get();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!lua::push_json(L, text)) {
    const std::string once = lua::json_text(L, -1, "json");
    if (lua::push_json(L, once) || lua::json_text(L, -1, "json") != once) std::abort();
  }
  lua_settop(L, 0);
  const std::string exact = with_exact_concatenation(text);
  if (exact.size() > 16 * size + 64) std::abort();
  if (!is_lua(L, text)) return 0;
  // Lua has its own limits, which the added text may reach.
  if (size < 500 && !is_lua(L, exact)) std::abort();
  // Errors name a line of the original text.
  if (std::count(exact.begin(), exact.end(), '\n') != std::count(text.begin(), text.end(), '\n')) std::abort();
  if (text.find("..") == std::string_view::npos && exact != text) std::abort();
  return 0;
}
