// JSON (RFC 8259, nothing more) to and from Lua values. Used by the files of engine/lua/, and by a fuzz target.
//   object: a table whose keys are texts; if a name comes twice, the last member counts, as in browsers
//   array:  a table 1..n; an empty one stays a list in JSON
//   number: a Lua number, or, beyond 2^53, a value that keeps the digits (push_exact_number)
//   null:   lightuserdata of nullptr
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct lua_State;

namespace gelombang::lua {

// How deep arrays and objects may nest, in reading and in writing.
inline constexpr std::size_t kMostJsonDepth = 1000;

// Pushes the value of the text. On failure pushes nothing, and returns why the text is not JSON, or that it nests too
// deeply. Skips a byte order mark at the front.
std::optional<std::string> push_json(lua_State* L, std::string_view text);

// The text of the value at `index`. Throws std::runtime_error, which names the place below `what`, if a value has no
// JSON: NaN and infinities, inexact whole numbers, tables that are neither a list nor named, text that is not UTF-8,
// handles of the API, functions, values that hold themselves.
std::string json_text(lua_State* L, int index, std::string_view what);

// Makes the table on top of the stack a list in JSON, even while it is empty. False if it has another metatable.
bool mark_list(lua_State* L);
// Pops a table. Its keys are empty tables that stand for something else and have no JSON.
void keep_handles(lua_State* L);

// Pushes a number that a double cannot hold. The text must be a number of JSON.
void push_exact_number(lua_State* L, std::string_view text);
// The text of such a number; nullopt for other values.
std::optional<std::string_view> exact_number(lua_State* L, int index);
bool is_json_number(std::string_view text) noexcept;

}  // namespace gelombang::lua
