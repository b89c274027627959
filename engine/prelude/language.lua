-- The scripting API, in Lua where Lua is clearer. Runs once in every Lua state before the scenario.
-- The files of this folder are one chunk: language, values, undefined, behaviour, loads, scenario, watch, journey, in that order.
-- `native` holds the C++ side; only these files see it. See docs/scripting.md for the API.
local native, settings = ...

-- Local copies: a scenario that changes its globals changes nothing here.
local globals = _G
local type, error, pairs, ipairs, next, tostring, select = type, error, pairs, ipairs, next, tostring, select
local setmetatable, xpcall, pcall, unpack = setmetatable, xpcall, pcall, unpack
-- The raw functions can read and set metatables that __metatable = false hides from scenarios.
local getmetatable, set_raw_metatable, traceback = debug.getmetatable, debug.setmetatable, debug.traceback
local format, lower, find, gsub, match, sub = string.format, string.lower, string.find, string.gsub, string.match, string.sub
local gmatch = string.gmatch
local sort, concat, floor = table.sort, table.concat, math.floor
local json_null = native.json_null

-- Loading ends when journeys may run. Some calls are allowed only before that, others only after it.
local loading = true

-- Raises an error at the line of the scenario that caused it, however deep in this file the error was found.
local function blame(message) return error(native.place() .. message, 0) end

-- The same for an error in this file's own code that some value of the scenario caused.
local function at_scenario(problem)
  local text = type(problem) == "string" and match(problem, "^api:%d+: (.*)$")
  return text and native.place() .. text or problem
end

local function at_load(what)
  if not loading then blame(what .. " belongs at the top of the file, not inside a journey") end
end

local function in_step(what)
  if loading then blame(what .. " belongs inside a journey: nothing is sent while the file loads") end
  if not native.in_step() then blame(what .. " belongs inside a step: my_step(function() ... end)") end
end

local function expect_table(value, what)
  if type(value) ~= "table" then blame(format("%s is %s: expected a table { ... }", what, value == nil and "missing" or "a " .. type(value))) end
  return value
end

local function expect_flag(value, what)
  if value ~= nil and type(value) ~= "boolean" then blame(format("%s is %s: expected true or false", what, tostring(value))) end
  return value == true
end

local function only_keys(value, what, allowed)
  for key in pairs(value) do
    if not allowed[key] then
      local names = {}
      for name in pairs(allowed) do names[#names + 1] = tostring(name) end
      sort(names)
      blame(format("%s does not know '%s': expected %s", what, tostring(key), concat(names, ", ")))
    end
  end
end

-- Skips no key silently: nobody would notice a missing threshold, guard or stage.
local function expect_list(value, what)
  local last, count = #expect_table(value, what), 0
  for key in pairs(value) do
    if type(key) ~= "number" or key ~= floor(key) or key < 1 or key > last then
      blame(format("%s is a list { a, b, ... }: '%s' is not a position in it", what, tostring(key)))
    end
    count = count + 1
  end
  if count < last then blame(format("%s is a list { a, b, ... }: one of its %d values is nil", what, last)) end
  return value
end

local function expect_name(value, what)
  if type(value) ~= "string" or #value > 80 or not match(value, "^[%w_%-]+$") then
    blame(format("%s '%s': expected a name of 1 to 80 letters, digits, _ and -", what, tostring(value)))
  end
end

local function set(...)
  local result = {}
  for i = 1, select("#", ...) do result[select(i, ...)] = true end
  return result
end

local ten_years = 3650 * 86400

-- Seconds from "250ms" or, where a bare number is usual, from a number.
local function seconds(value, what)
  if type(value) == "number" then
    if not (value >= 0 and value <= ten_years) then
      blame(format("%s is %s: expected 0 or more seconds, at most ten years", what, tostring(value)))
    end
    return value
  end
  if value == nil then blame(what .. " is missing: expected a duration such as \"20s\"") end
  local parsed, problem = native.parse_duration(tostring(value))
  if not parsed then blame(what .. ": " .. problem) end
  return parsed
end

local function positive(value, what)
  local parsed = seconds(value, what)
  if parsed <= 0 then blame(format("%s is %s: expected more than 0", what, tostring(value))) end
  return parsed
end

-- `most`: the largest number that fits into its C++ type.
local function whole(value, what, least, most)
  if type(value) ~= "number" or value ~= floor(value) or value < least or value > (most or 1e15) then
    blame(format("%s is %s: expected a whole number of at least %d%s", what, tostring(value), least,
      most and format(", at most %d", most) or ""))
  end
  return value
end

local function rate(value, what, zero_allowed)
  if value == nil then blame(what .. " is missing: expected a rate such as \"50/s\"") end
  local parsed, problem = native.parse_rate(tostring(value))
  if not parsed then blame(what .. ": " .. problem) end
  if parsed == 0 and not zero_allowed then blame(what .. " is 0: expected more than 0") end
  return parsed
end

-- Failures of the target are Failure values; any other error is a fault of the script. If the script judged, `by` is
-- the function that judged, `text` what it expected, and `got` what it looked at, if that is not the answer.
local Failure = { __tostring = function(self) return "step failed: " .. tostring(self.class) end, __metatable = false }
local ScriptError = { __tostring = function(self) return self.text end, __metatable = false }

local function fail(class, by, text, got)
  return error(setmetatable({ class = class, by = by, text = text, got = got }, Failure), 0)
end

local function on_error(problem)
  local kind = getmetatable(problem)
  if kind == Failure or kind == ScriptError then return problem end
  local text = traceback(tostring(at_scenario(problem)), 2)
  return setmetatable({ text = gsub(gsub(text, "\n\tapi:[^\n]*", ""), "\n\t%[C%]: in function 'xpcall'", "") }, ScriptError)
end

-- The data of this API's values, out of a scenario's reach. A handle is only a key to its data.
local private = setmetatable({}, { __mode = "k" })

local function make(class, data)
  local handle = {}
  data.class = class
  private[handle] = data
  return handle
end

-- The data of a handle of that class; nil for everything else.
local function is(value, class)
  local data = value ~= nil and private[value]
  return data and data.class == class and data or nil
end

-- Steps -------------------------------------------------------------------------------------------

local steps = {}         -- all, in the order of their declaration
local declared = { {} }  -- the steps of each file that is being loaded, innermost last

local function finish_step(ok, ...)
  if ok then
    native.step_end()
    return true, ...
  end
  local problem = ...
  if getmetatable(problem) == Failure then
    native.step_end(problem.class, problem.by, problem.text, problem.got)
    problem.text, problem.got = nil, nil  -- a user who waits to try again holds it, maybe with a whole page
    return false, problem
  end
  native.step_end("generator_script")
  return error(problem, 0)
end

local function run_step(self, body, ...)
  local handle = is(self, "step")
  if not handle then blame("this is no step: expected my_step:try(function() ... end), with a colon") end
  if type(body) ~= "function" then blame("a step takes a function: my_step(function() ... end)") end
  if loading then blame("steps run inside a journey") end
  native.step_begin(handle.number)
  return finish_step(xpcall(body, on_error, ...))
end

local function attempt(ok, ...)
  if ok then return true, ... end
  return false, (...).class
end

-- After a failure the person's behaviour decides: try again here, try again from the journey's beginning, or give up.
local function follow(self, body, ok, ...)
  if ok then return ... end
  local problem = ...
  local again = native.retry(problem.class)
  if again == "step" then return follow(self, body, run_step(self, body)) end
  problem.restart = again == "journey"
  return error(problem, 0)
end

local function bind(body, ...)
  if type(body) ~= "function" or select("#", ...) == 0 then return body end
  local count, arguments = select("#", ...), { ... }
  return function() return body(unpack(arguments, 1, count)) end
end

local Step = {
  -- A failed step ends the iteration, unless the person tries again. With step:try it does not.
  __call = function(self, body, ...)
    body = bind(body, ...)
    return follow(self, body, run_step(self, body))
  end,
  __index = { try = function(self, body, ...) return attempt(run_step(self, body, ...)) end },
  __tostring = function(self) return "step " .. private[self].name end,
  __metatable = false,
}

function step(name)
  at_load("step")
  if type(name) ~= "string" then blame("a step's name is a text of 1 to 80 characters") end
  local problem = native.name_problem(name)
  if problem then blame("step " .. problem) end
  local data = { name = name, number = #steps + 1, place = native.place() }
  local handle = setmetatable(make("step", data), Step)
  steps[data.number] = data
  local file = declared[#declared]
  file[#file + 1] = handle
  return handle
end
