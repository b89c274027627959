-- Values as text ----------------------------------------------------------------------------------

-- Whether a number is finite and at most 2^53: a larger whole number is rounded before a script can see it.
local function is_exact(number) return number <= 2 ^ 53 and number >= -2 ^ 53 end

-- Lua writes numbers with 14 digits, which is enough for these. Native code writes the others.
local function is_plain(number) return number == floor(number) and number < 1e14 and number > -1e14 end

-- The shortest text that reads back as the same number.
local function written(number) return is_plain(number) and tostring(number) or native.number_text(number) end

local function as_text(value) return type(value) == "number" and written(value) or value end

local function to_text(...)
  local value = ...
  if type(value) == "number" then return written(value) end
  return tostring(...)
end

local inexact = "expected a number up to 2^53, which is exact: write a larger one as a text"

-- How a message calls a value that cannot be a text.
local function kind_of(value)
  if value == nil then return "missing" end
  if value == json_null then return "json.null" end
  return type(value) == "number" and written(value) or "a " .. type(value)
end

-- The text that is sent for a value, for example for the form's field `name`.
local function sendable(value, what, name)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" and is_exact(value) then return written(value) end
  if kind == "boolean" then return tostring(value) end
  local text = kind == "userdata" and native.exact_text(value)
  if text then return text end
  blame(format("%s: '%s' is %s: %s", what, name, kind_of(value),
    kind == "number" and inexact or "expected a text, a number, true or false"))
end

-- An operand of `..` in a scenario (engine/lua/exact_concatenation); `name` is its text in the scenario.
function __exact(value, name)
  if type(value) == "number" then
    if is_plain(value) then return value end
    if is_exact(value) then return native.number_text(value) end
    blame(format("attempt to concatenate %s: %s; tostring() writes any", written(value), inexact))
  end
  if value == nil then blame(name and format("attempt to concatenate '%s' (a nil value)", name) or "attempt to concatenate a nil value") end
  return value
end

-- The other functions of Lua's libraries that make text of numbers.
do
  globals.tostring = to_text

  function string.format(pattern, ...)
    local count = select("#", ...)
    for i = 1, count do
      local value = select(i, ...)
      if type(value) == "number" and not is_plain(value) then
        local values, place = { ... }, 0
        for kind in gmatch(pattern, "%%[%-+ #0-9.]*([%a%%])") do
          if kind ~= "%" then place = place + 1 end
          if kind == "s" or kind == "q" then values[place] = as_text(values[place]) end
        end
        return format(pattern, unpack(values, 1, count))
      end
    end
    return format(pattern, ...)
  end

  function table.concat(list, between, first, last)
    for i = first or 1, type(list) == "table" and (last or #list) or 0 do
      local value = list[i]
      if type(value) == "number" and not is_plain(value) then
        local texts = {}
        for k = first or 1, last or #list do texts[k] = as_text(list[k]) end
        return concat(texts, as_text(between), first or 1, last or #list)
      end
    end
    return concat(list, as_text(between), first, last)
  end

  function string.gsub(text, pattern, with, most)
    local replace = with
    if type(with) == "table" then
      replace = function(key) return as_text(with[key]) end
    elseif type(with) == "function" then
      replace = function(...) return as_text((with(...))) end
    end
    return gsub(as_text(text), as_text(pattern), as_text(replace), most)
  end

  for _, name in ipairs { "byte", "len", "lower", "rep", "reverse", "sub", "upper" } do
    local plain = string[name]
    string[name] = function(text, ...) return plain(as_text(text), ...) end
  end
  for _, name in ipairs { "find", "gmatch", "match" } do
    local plain = string[name]
    string[name] = function(text, pattern, ...) return plain(as_text(text), as_text(pattern), ...) end
  end
end

-- JSON --------------------------------------------------------------------------------------------

native.keep_handles(private)
json = { null = json_null }

function json.encode(value) return native.json_encode(value, "json.encode") end

function json.decode(text)
  if type(text) ~= "string" then blame(format("json.decode takes a text: what it was given is %s", kind_of(text))) end
  local value, problem = native.json_decode(text)
  if value == nil then blame("json.decode: " .. problem) end
  return value
end

-- Returns the table itself, which is now a list in JSON even while it is empty.
function json.list(list)
  return native.json_list(expect_list(list or {}, "json.list"))
end

-- A number as JSON writes it, of any length: it can be sent, but not used in calculations.
function json.number(text)
  return native.json_number(to_text(text)) or blame(format("json.number '%s': expected a number as JSON writes it", to_text(text)))
end
