#include "engine/lua/json.hpp"

#include "base/json_writer.hpp"
#include "engine/lua/number_text.hpp"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <lua.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace gelombang::lua {
namespace {

namespace json = boost::json;

constexpr const char* kListClass = "gelombang.list";
constexpr const char* kNumberClass = "gelombang.number";
constexpr const char* kHandles = "gelombang.handles";

bool has_class(lua_State* L, int index, const char* name) {
  if (lua_getmetatable(L, index) == 0) return false;
  lua_getfield(L, LUA_REGISTRYINDEX, name);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same;
}

int write_number(lua_State* L) {
  const auto text = exact_number(L, 1).value_or("");
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int join_number(lua_State* L) {
  std::string text;
  for (const int operand : {1, 2}) {
    if (const auto number = exact_number(L, operand)) {
      text += *number;
    } else if (lua_type(L, operand) == LUA_TNUMBER) {
      text += number_text(lua_tonumber(L, operand));
    } else {
      std::size_t length = 0;
      const char* const other = luaL_checklstring(L, operand, &length);
      text.append(other, length);
    }
  }
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int equal_numbers(lua_State* L) {
  lua_pushboolean(L, exact_number(L, 1) == exact_number(L, 2) ? 1 : 0);
  return 1;
}

// Builds the values of a text on the Lua stack. The stack holds the open containers, and each member's key above its
// object.
class Reader {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Reader(lua_State* L) : L_(L) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(false); }
  bool on_array_begin(json::error_code&) { return open(true); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_end(std::size_t, json::error_code&) {
    mark_list(L_);
    return close();
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    push_text(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    push_text(part);
    return add();
  }
  bool on_number_part(json::string_view part, json::error_code&) { return keep(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code&) { return add_number(part); }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code&) { return add_number(part); }
  bool on_double(double, json::string_view part, json::error_code&) { return add_number(part); }
  bool on_bool(bool value, json::error_code&) {
    lua_pushboolean(L_, value ? 1 : 0);
    return add();
  }
  bool on_null(json::error_code&) {
    lua_pushlightuserdata(L_, nullptr);
    return add();
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  static constexpr int kObject = -1;

  bool keep(json::string_view part) {
    kept_.append(part.data(), part.size());
    return true;
  }

  void push_text(json::string_view part) {
    if (kept_.empty()) {
      lua_pushlstring(L_, part.data(), part.size());
      return;
    }
    keep(part);
    lua_pushlstring(L_, kept_.data(), kept_.size());
    kept_.clear();
  }

  bool open(bool array) {
    // Room for a table, a key and its value.
    if (lua_checkstack(L_, 8) == 0) throw std::bad_alloc();
    lua_newtable(L_);
    open_.push_back(array ? 0 : kObject);
    return true;
  }

  bool close() {
    open_.pop_back();
    return add();
  }

  // Not the number from boost::json, which may be rounded twice.
  bool add_number(json::string_view part) {
    keep(part);
    double number = 0;
    const auto [end, error] = std::from_chars(kept_.data(), kept_.data() + kept_.size(), number);
    // A number that is a little more than 2^53 is read as 2^53.
    const bool rounded = std::abs(number) == kMostExact && number_text(number) != kept_;
    if (error == std::errc() && is_exact(number) && !rounded) {
      lua_pushnumber(L_, number);
    } else {
      push_exact_number(L_, kept_);
    }
    kept_.clear();
    return add();
  }

  // Adds the value on top of the stack to the open container.
  bool add() {
    if (open_.empty()) return true;
    if (open_.back() == kObject) {
      lua_rawset(L_, -3);
    } else {
      lua_rawseti(L_, -2, ++open_.back());
    }
    return true;
  }

  lua_State* L_;
  std::vector<int> open_;  // for an array: how many values it has
  std::string kept_;
};

class Writer {
 public:
  Writer(lua_State* L, std::string_view what) : L_(L), what_(what) {}

  std::string text(int index) {
    lua_pushvalue(L_, index);
    write(0);
    lua_pop(L_, 1);
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    std::string place;
    // The place of a value that holds itself is endless.
    for (std::size_t i = 0; i < std::min<std::size_t>(path_.size(), 8); ++i) {
      if (path_[i].number > 0) {
        place += fmt::format("[{}]", path_[i].number);
      } else {
        place += (i == 0 ? "" : ".") + printable(path_[i].name.substr(0, 80));
      }
    }
    throw std::runtime_error(fmt::format("{}: {} {}", what_, place.empty() ? "the value" : place, why));
  }

  // Writes the value on top of the stack and leaves it there.
  void write(std::size_t depth) {
    switch (lua_type(L_, -1)) {
      case LUA_TBOOLEAN: out_ += lua_toboolean(L_, -1) != 0 ? "true" : "false"; return;
      case LUA_TNUMBER: return write_number(lua_tonumber(L_, -1));
      case LUA_TSTRING: return write_string();
      case LUA_TTABLE: return write_table(depth);
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L_, -1) != nullptr) break;
        out_ += "null";
        return;
      case LUA_TUSERDATA:
        if (const auto number = exact_number(L_, lua_gettop(L_))) {
          out_ += *number;
          return;
        }
        break;
      default: break;
    }
    refuse(fmt::format("is a {}, which JSON cannot represent", luaL_typename(L_, -1)));
  }

  void write_number(double number) {
    if (!std::isfinite(number)) refuse(fmt::format("is {}, which JSON cannot represent", number_text(number)));
    if (!is_exact(number)) {
      refuse(fmt::format("is {}: expected a number up to 2^53, which is exact: write a larger one with json.number",
                         number_text(number)));
    }
    out_ += number_text(number);
  }

  // Writes the string on top of the stack.
  void write_string() {
    std::size_t length = 0;
    const char* const begin = lua_tolstring(L_, -1, &length);
    const std::string_view text(begin, length);
    const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
    if (!ascii && valid_utf8(text) != text) refuse("is not UTF-8, which JSON requires");
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += {'\\', c};
      } else if (static_cast<unsigned char>(c) >= 0x20) {
        out_ += c;
      } else if (c == '\n') {
        out_ += "\\n";
      } else if (c == '\r') {
        out_ += "\\r";
      } else if (c == '\t') {
        out_ += "\\t";
      } else {
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
      }
    }
    out_ += '"';
  }

  void write_table(std::size_t depth) {
    if (depth == kMostJsonDepth) refuse(fmt::format("nests more than {} deep, or contains itself", kMostJsonDepth));
    if (lua_checkstack(L_, 8) == 0) throw std::bad_alloc();
    const int table = lua_gettop(L_);
    const bool marked = has_class(L_, table, kListClass);
    std::vector<std::string_view> names;  // of keys; the table owns the text
    std::size_t numbered = 0;
    for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) {
      if (lua_type(L_, -2) == LUA_TSTRING) {
        std::size_t length = 0;
        const char* const begin = lua_tolstring(L_, -2, &length);
        names.emplace_back(begin, length);
      } else if (lua_type(L_, -2) == LUA_TNUMBER) {
        ++numbered;
      } else {
        refuse(fmt::format("has a {} as a key: expected names, or a list", luaL_typename(L_, -2)));
      }
    }
    if (names.empty() && numbered == 0) return write_empty(table, marked);
    if (!names.empty() && (numbered > 0 || marked)) {
      refuse(fmt::format("is a list that also has the key '{}'", printable(names.front().substr(0, 80))));
    }
    if (numbered > 0) return write_list(table, numbered, depth);
    write_object(table, names, depth);
  }

  void write_empty(int table, bool list) {
    lua_getfield(L_, LUA_REGISTRYINDEX, kHandles);
    bool handle = false;
    if (lua_istable(L_, -1)) {
      lua_pushvalue(L_, table);
      lua_rawget(L_, -2);
      handle = !lua_isnil(L_, -1);
      lua_pop(L_, 1);
    }
    lua_pop(L_, 1);
    if (handle) refuse("is an object of the scenario, such as a step, which JSON cannot represent");
    out_ += list ? "[]" : "{}";
  }

  void write_list(int table, std::size_t size, std::size_t depth) {
    out_ += '[';
    for (std::size_t i = 1; i <= size; ++i) {
      path_.push_back({{}, i});
      lua_rawgeti(L_, table, static_cast<int>(i));
      if (lua_isnil(L_, -1)) refuse("is nil: expected a list without gaps; write json.null for a missing value");
      if (i > 1) out_ += ',';
      write(depth + 1);
      lua_pop(L_, 1);
      path_.pop_back();
    }
    out_ += ']';
  }

  // Sorted by name, so that the text is the same every time.
  void write_object(int table, std::vector<std::string_view>& names, std::size_t depth) {
    std::sort(names.begin(), names.end());
    char before = '{';
    for (const std::string_view name : names) {
      out_ += before;
      before = ',';
      path_.push_back({name, 0});
      lua_pushlstring(L_, name.data(), name.size());
      write_string();
      out_ += ':';
      lua_rawget(L_, table);
      write(depth + 1);
      lua_pop(L_, 1);
      path_.pop_back();
    }
    out_ += '}';
  }

  lua_State* L_;
  std::string_view what_;
  std::string out_;
  // Where the value stands: `name` in an object, or `number` in a list.
  struct Place {
    std::string_view name;
    std::size_t number;
  };
  std::vector<Place> path_;
};

}  // namespace

std::optional<std::string> push_json(lua_State* L, std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  json::parse_options options;
  options.max_depth = kMostJsonDepth;
  json::basic_parser<Reader> parser(options, L);
  json::error_code error;
  const int top = lua_gettop(L);
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) return std::nullopt;
  lua_settop(L, top);
  return fmt::format("{} at byte {}", error.message(), read + 1);
}

std::string json_text(lua_State* L, int index, std::string_view what) { return Writer(L, what).text(index); }

bool mark_list(lua_State* L) {
  if (lua_getmetatable(L, -1) != 0) {
    lua_pop(L, 1);
    return has_class(L, -1, kListClass);
  }
  if (luaL_newmetatable(L, kListClass) != 0) {
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
  return true;
}

void keep_handles(lua_State* L) { lua_setfield(L, LUA_REGISTRYINDEX, kHandles); }

void push_exact_number(lua_State* L, std::string_view text) {
  std::copy(text.begin(), text.end(), static_cast<char*>(lua_newuserdata(L, text.size())));
  if (luaL_newmetatable(L, kNumberClass) != 0) {
    lua_pushcfunction(L, write_number);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, join_number);
    lua_setfield(L, -2, "__concat");
    lua_pushcfunction(L, equal_numbers);
    lua_setfield(L, -2, "__eq");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
}

std::optional<std::string_view> exact_number(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !has_class(L, index, kNumberClass)) return std::nullopt;
  return std::string_view(static_cast<const char*>(lua_touserdata(L, index)), lua_objlen(L, index));
}

bool is_json_number(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto digits = [&] {
    const char* const first = at;
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at != first;
  };
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at != end && *at == '.' && (++at, !digits())) return false;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return false;
  }
  return at == end;
}

}  // namespace gelombang::lua
