// The functions of the prelude's `native` table that work while a scenario loads.
#include "base/units.hpp"
#include "engine/load/recorded_time.hpp"
#include "engine/lua/support.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace gelombang::lua {
namespace {

int push_place(lua_State* L) {
  push(L, place(L));
  return 1;
}

int push_problem(lua_State* L, std::string_view problem) {
  lua_pushnil(L);
  push(L, problem);
  return 2;
}

int parse_duration_text(lua_State* L) {
  const auto duration = parse_duration(text(L, 1));
  if (!duration) return push_problem(L, duration.error().message);
  lua_pushnumber(L, to_seconds(*duration));
  return 1;
}

int parse_rate_text(lua_State* L) {
  const auto rate = parse_rate(text(L, 1));
  if (!rate) return push_problem(L, rate.error().message);
  lua_pushnumber(L, rate->per_second());
  return 1;
}

// -> bytes per second
int parse_bandwidth_text(lua_State* L) {
  const auto bandwidth = parse_bandwidth(text(L, 1));
  if (!bandwidth) return push_problem(L, bandwidth.error().message);
  lua_pushnumber(L, *bandwidth);
  return 1;
}

// -> seconds since 1970, or nil
int parse_time_text(lua_State* L) {
  const auto time = parse_recorded_time(text(L, 1));
  if (!time) return 0;
  lua_pushnumber(L, to_seconds(*time));
  return 1;
}

int read_csv_file(lua_State* L) {
  LuaVm::State& state = state_of(L);
  const std::string name(text(L, 1));
  if (state.csv.count(name) != 0) return 0;
  const auto file = state.folder.find_data(name);
  auto table = file.has_value() ? read_csv(*file) : Result<std::shared_ptr<const CsvTable>>(file.error());
  if (!table) {
    push(L, table.error().message);
    return 1;
  }
  state.csv.emplace(name, *table);
  return 0;
}

// -> why a recording of that name may not be read, or nothing. The file need not exist yet.
int find_data_file(lua_State* L) {
  const auto file = state_of(L).folder.find_data(text(L, 1));
  if (file.has_value()) return 0;
  push(L, file.error().message);
  return 1;
}

int check_guard(lua_State* L) {
  const auto guard = DigitGuard::create(text(L, 1), text(L, 2));
  if (guard.has_value()) return 0;
  push(L, guard.error().message);
  return 1;
}

int load_module(lua_State* L) {
  LuaVm::State& state = state_of(L);
  std::string name(text(L, 1));
  std::replace(name.begin(), name.end(), '.', '/');
  name += ".lua";
  const auto file = state.folder.find_module(name);
  if (!file) return push_problem(L, file.error().message);
  if (!file->exists()) {
    return push_problem(L, fmt::format("no file for require '{}': looked for {}", text(L, 1),
                                       fmt::join(state.folder.places(name), ", ")));
  }
  if (load_text(L, state, *file)) return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

// Reads the fields of photo{...} by name; `key` gets every value, so that equal specs share bytes.
class PhotoFields {
 public:
  PhotoFields(lua_State* L, int table) : L_(L), table_(table) {}

  void string(const char* name, std::string& value) {
    lua_getfield(L_, table_, name);
    if (!lua_isnil(L_, -1)) value = std::string(text(L_, -1));
    lua_pop(L_, 1);
    key += fmt::format("{}={};", name, value);
  }
  void number(const char* name, double& value) {
    lua_getfield(L_, table_, name);
    if (!lua_isnil(L_, -1)) {
      if (lua_isnumber(L_, -1) == 0) throw std::runtime_error(fmt::format("photo: {} is no number", name));
      value = lua_tonumber(L_, -1);
    }
    lua_pop(L_, 1);
    key += fmt::format("{}={};", name, value);
  }
  template <class Integer>
  void integer(const char* name, Integer& value) {
    auto wide = static_cast<double>(value);
    number(name, wide);
    const double most = std::min(1e15, static_cast<double>(std::numeric_limits<Integer>::max()));
    if (!(wide >= 0 && wide <= most) || wide != std::floor(wide)) {
      throw std::runtime_error(
          fmt::format("photo: {} is {}: expected a whole number of at least 0, at most {:.0f}", name, wide, most));
    }
    value = static_cast<Integer>(wide);
  }
  void flag(const char* name, bool& value) {
    lua_getfield(L_, table_, name);
    if (!lua_isnil(L_, -1)) value = lua_toboolean(L_, -1) != 0;
    lua_pop(L_, 1);
    key += fmt::format("{}={};", name, value);
  }
  // title = { "line", ... }, lines = { { "label", "value" }, "plain text", ... }
  void lines(const char* name, std::vector<CardLine>& value) {
    lua_getfield(L_, table_, name);
    if (lua_istable(L_, -1)) {
      const int list = lua_gettop(L_);
      for (int i = 1; i <= static_cast<int>(lua_objlen(L_, list)); ++i) {
        lua_rawgeti(L_, list, i);
        value.push_back(line(lua_gettop(L_)));
        key += fmt::format("{}[{}]={}:{};", name, i, value.back().label, value.back().value);
        lua_pop(L_, 1);
      }
    }
    lua_pop(L_, 1);
  }

  std::string key;

 private:
  CardLine line(int index) {
    if (!lua_istable(L_, index)) return CardLine{"", std::string(text(L_, index))};
    lua_rawgeti(L_, index, 1);
    lua_rawgeti(L_, index, 2);
    CardLine result{std::string(text(L_, -2)), std::string(text(L_, -1))};
    lua_pop(L_, 2);
    return result;
  }

  lua_State* L_;
  int table_;
};

PhotoSpec read_photo_spec(PhotoFields& fields, std::string& filename) {
  PhotoSpec spec;
  std::vector<CardLine> title;
  std::string format = "jpeg";
  fields.lines("title", title);
  for (CardLine& line : title) spec.title.push_back(std::move(line.value));
  fields.lines("lines", spec.lines);
  fields.string("stamp", spec.stamp);
  fields.string("card_color", spec.card_color);
  fields.string("portrait_color", spec.portrait_color);
  fields.string("text_color", spec.text_color);
  fields.string("stamp_color", spec.stamp_color);
  fields.string("table_color", spec.table_color);
  fields.integer("seed", spec.seed);
  fields.integer("width", spec.width);
  fields.integer("height", spec.height);
  fields.string("format", format);
  fields.integer("quality", spec.quality);
  fields.integer("size", spec.size);
  fields.number("grain", spec.grain);
  fields.number("crop", spec.crop);
  fields.number("blur", spec.blur);
  fields.flag("photocopy", spec.photocopy);
  fields.integer("rotated", spec.rotated);
  fields.flag("exif", spec.exif);
  fields.flag("wrong_bytes", spec.wrong_bytes);
  fields.string("filename", filename);
  const auto parsed = parse_photo_format(format);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  spec.format = *parsed;
  return spec;
}

void refuse_unknown_photo_fields(lua_State* L) {
  static constexpr std::string_view kKnown =
      " title lines stamp card_color portrait_color text_color stamp_color table_color seed width height format "
      "quality "
      "size grain crop blur photocopy rotated exif wrong_bytes filename ";
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    const std::string name(text(L, -1));
    lua_pop(L, 1);
    if (kKnown.find(" " + name + " ") == std::string_view::npos) {
      throw std::runtime_error(fmt::format("photo does not know '{}': expected{}", name, kKnown));
    }
  }
}

// photo(table) -> bytes, size, media type, file name; or nil x 4 and the problem
int draw_photo(lua_State* L) {
  refuse_unknown_photo_fields(L);
  PhotoFields fields(L, 1);
  std::string filename;
  const PhotoSpec spec = read_photo_spec(fields, filename);
  auto made = state_of(L).photos->get(fields.key, spec);
  if (!made) {
    lua_settop(L, 0);
    for (int i = 0; i < 4; ++i) lua_pushnil(L);
    push(L, made.error().message);
    return 5;
  }
  if (filename.empty()) filename = fmt::format("photo.{}", photo_extension(spec.format));
  const auto size = (*made)->size();
  push_bytes(L, std::move(*made));
  lua_pushnumber(L, static_cast<double>(size));
  push(L, photo_media_type(spec.format));
  push(L, filename);
  return 4;
}

}  // namespace

void add_load_functions(lua_State* L, LuaVm::State& state) {
  static constexpr Function kFunctions[] = {
      {"parse_duration", guarded<parse_duration_text>},
      {"parse_rate", guarded<parse_rate_text>},
      {"parse_bandwidth", guarded<parse_bandwidth_text>},
      {"parse_time", guarded<parse_time_text>},
      {"read_csv", guarded<read_csv_file>},
      {"find_data", guarded<find_data_file>},
      {"check_guard", guarded<check_guard>},
      {"load_module", guarded<load_module>},
      {"photo", guarded<draw_photo>},
      {"place", guarded<push_place>},
  };
  add_functions(L, state, kFunctions, std::size(kFunctions));
}

}  // namespace gelombang::lua
