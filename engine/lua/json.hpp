// JSON (RFC 8259, nothing more) to and from Lua values. Used by the files of engine/lua/, and by a fuzz target.
//   object: a table whose keys are texts; of members of one name the last one counts, as in browsers
//   array:  a table 1..n that stays a list in JSON while it is empty, too
//   number: a Lua number, or, beyond 2^53, a value that keeps the digits (push_exact_number)
//   null:   lightuserdata of nullptr
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct lua_State;

namespace gelombang::lua {

// How deep arrays and objects may nest, both ways.
inline constexpr std::size_t kMostJsonDepth = 1000;

// Pushes what the text says. Else pushes nothing, and says why it is no JSON, or that it nests too deeply. A byte order
// mark at its front is passed over.
std::optional<std::string> push_json(lua_State* L, std::string_view text);

// The text of the value at `index`. Throws std::runtime_error, which names the value's place below `what`, where it
// has no JSON: NaN and infinities, inexact whole numbers, tables that are neither a list nor named, what is no UTF-8,
// handles of the API, functions, what holds itself.
std::string json_text(lua_State* L, int index, std::string_view what);

// Makes the table on top of the stack a list in JSON while it is empty, too. False where it has a metatable already.
bool mark_list(lua_State* L);
// Empty tables that are keys of the table on top of the stack, which is taken off, stand for something else.
void keep_handles(lua_State* L);

// A number as text, which a double cannot hold; the text must be a number of JSON.
void push_exact_number(lua_State* L, std::string_view text);
// The text of such a value.
std::optional<std::string_view> exact_number(lua_State* L, int index);
bool is_json_number(std::string_view text) noexcept;

}  // namespace gelombang::lua
