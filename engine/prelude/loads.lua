-- Loads -------------------------------------------------------------------------------------------

-- More arrivals than this are a typing error, and their sums are no longer exact.
local most_arrivals = 1e15

-- `phases` are the parts that a jump may go to: { name, seconds } in order.
local function open_load(kind, pieces, uniform, phases)
  local total, time = 0, 0
  for _, piece in ipairs(pieces) do
    time = time + piece[1]
    total = total + piece[1] * (piece[2] + piece[3]) / 2
  end
  if total == 0 then blame(kind .. ": no arrivals: the rate is 0 throughout") end
  if not (total <= most_arrivals) then blame(format("%s: %.3g arrivals: expected at most %g", kind, total, most_arrivals)) end
  if time > ten_years then blame(kind .. ": the stages take longer than ten years") end
  return make("load", { kind = kind, uniform = expect_flag(uniform, kind .. ": uniform"), pieces = pieces,
    phases = phases or {} })
end

-- The pieces that take time, by name.
local function phases_of(pieces, names)
  local phases, time = {}, 0
  for i, piece in ipairs(pieces) do
    if piece[1] > 0 then phases[#phases + 1] = { names and names[i] or "stage " .. i, time } end
    time = time + piece[1]
  end
  return phases
end

-- A number with bounds; `above` itself is not allowed.
local function number(value, what, above, most)
  if type(value) ~= "number" or not (value > above and value <= most) then
    blame(format("%s is %s: expected a number above %g, at most %g", what, tostring(value), above, most))
  end
  return value
end

function constant_rate(options)
  at_load("constant_rate")
  only_keys(expect_table(options, "constant_rate"), "constant_rate", set("rate", "duration", "uniform"))
  local per_second = rate(options.rate, "constant_rate: rate")
  local length = positive(options.duration, "constant_rate: duration")
  return open_load("constant_rate", { { length, per_second, per_second } }, options.uniform)
end

-- Straight lines. Each begins where the previous one ended.
function ramping_rate(options)
  at_load("ramping_rate")
  only_keys(expect_table(options, "ramping_rate"), "ramping_rate", set("start", "stages", "uniform"))
  local from = rate(options.start or "0/s", "ramping_rate: start", true)
  local pieces = {}
  for i, stage in ipairs(expect_list(options.stages, "ramping_rate: stages")) do
    expect_list(stage, "ramping_rate: stage " .. i)
    local length = seconds(stage[1], format("ramping_rate: stage %d: duration", i))
    local to = rate(stage[2], format("ramping_rate: stage %d: rate", i), true)
    pieces[#pieces + 1] = { length, from, to }
    from = to
  end
  return open_load("ramping_rate", pieces, options.uniform, phases_of(pieces))
end

-- Each stage has its own rate, so the rate jumps between stages. With a second rate, a stage is a straight line.
function stages(options)
  at_load("stages")
  local list = {}
  for key, value in pairs(expect_table(options, "stages")) do
    if key ~= "uniform" then list[key] = value end
  end
  local pieces = {}
  for i, stage in ipairs(expect_list(list, "stages")) do
    local what = "stages: stage " .. i
    if #expect_list(stage, what) > 3 then blame(what .. " has too many values: expected a duration, a rate and, if it ramps, a second rate") end
    local length = positive(stage[1], what .. ": duration")
    local from = rate(stage[2], what .. ": rate", true)
    pieces[i] = { length, from, stage[3] == nil and from or rate(stage[3], what .. ": second rate", true) }
  end
  return open_load("stages", pieces, options.uniform, phases_of(pieces))
end

function spike(options)
  at_load("spike")
  only_keys(expect_table(options, "spike"), "spike", set("base", "peak", "at", "rise", "hold", "fall", "duration", "uniform"))
  local base = rate(options.base or "0/s", "spike: base", true)
  local peak = rate(options.peak, "spike: peak")
  local at = seconds(options.at, "spike: at")
  local rise, hold = seconds(options.rise or "0", "spike: rise"), seconds(options.hold or "0", "spike: hold")
  local fall = seconds(options.fall or "0", "spike: fall")
  local rest = positive(options.duration, "spike: duration") - (at + rise + hold + fall)
  if not (peak > base) then blame(format("spike: peak is %s: expected more than the base", options.peak)) end
  if rest < -1e-6 then blame("spike: at, rise, hold and fall together are longer than duration") end
  if rise + hold + fall == 0 then blame("spike: rise, hold and fall are 0: expected one of them above 0") end
  local pieces = { { at, base, base }, { rise, base, peak }, { hold, peak, peak }, { fall, peak, base },
    { rest > 0 and rest or 0, base, base } }
  return open_load("spike", pieces, options.uniform, phases_of(pieces, { "before", "rise", "peak", "fall", "after" }))
end

-- Days --------------------------------------------------------------------------------------------

local every_hour_alike = {}
for hour = 1, 24 do every_hour_alike[hour] = 1 end

local function time_of_day(value, what)
  local hours, minutes = match(tostring(value), "^(%d%d?):(%d%d)$")
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not hours or hours > 23 or minutes > 59 then
    blame(format("%s is %s: expected a time of day such as \"12:00\"", what, tostring(value)))
  end
  return hours * 3600 + minutes * 60
end

local function weights_of(value, what)
  local sum = 0
  if #expect_list(value, what) ~= 24 then blame(format("%s has %d numbers: expected 24, one for each hour", what, #value)) end
  for hour, weight in ipairs(value) do
    if type(weight) ~= "number" or not (weight >= 0 and weight <= 1e9) then
      blame(format("%s: number %d is %s: expected 0 or more, at most 1e9", what, hour, tostring(weight)))
    end
    sum = sum + weight
  end
  if sum == 0 then blame(what .. " are all 0: expected one above 0") end
  return value
end

local function zones_of(value, what)
  local result = {}
  for i, zone in ipairs(expect_list(value, what)) do
    local name = format("%s: zone %d", what, i)
    only_keys(expect_table(zone, name), name, set("utc", "share"))
    result[i] = { utc = number(zone.utc, name .. ": utc", -12.5, 14), share = number(zone.share or 1, name .. ": share", 0, 1e9) }
  end
  if #result == 0 or #result > 24 then blame(format("%s has %d zones: expected 1 to 24", what, #result)) end
  return result
end

-- The hours of a day: weights by local hour, zones with their shares, the time of day at which the load begins.
local function day_of(options, what)
  return { weights = weights_of(options.weights or every_hour_alike, what .. ": weights"),
    zones = zones_of(options.zones or { { utc = 0, share = 1 } }, what .. ": zones"),
    start = time_of_day(options.start or "00:00", what .. ": start") }
end

function diurnal(options)
  at_load("diurnal")
  only_keys(expect_table(options, "diurnal"), "diurnal", set("mean", "duration", "weights", "zones", "start", "uniform"))
  expect_table(options.weights, "diurnal: weights")
  return open_load("diurnal", native.diurnal_pieces { mean = rate(options.mean, "diurnal: mean"),
    duration = positive(options.duration, "diurnal: duration"), day = day_of(options, "diurnal") }, options.uniform)
end

-- Waves -------------------------------------------------------------------------------------------

local function closing_of(value, window)
  if value == false then return 0, 0 end
  only_keys(expect_table(value == nil and {} or value, "wave_opening: closing"), "wave_opening: closing", set("share", "lasts"))
  value = value or {}
  local lasts = positive(value.lasts or (window < 10800 and window - 3600 or "2h"), "wave_opening: closing: lasts")
  if lasts > window - 3600 then
    blame("wave_opening: closing: lasts does not fit between the first hour and the end of the window")
  end
  return number(value.share or 0.05, "wave_opening: closing: share", 0, 0.9), lasts
end

local function result_of(value, half_life)
  if not value then return 0, 0, 0 end
  only_keys(expect_table(value, "wave_opening: result"), "wave_opening: result", set("after", "share", "half_life"))
  return number(value.share or 0.1, "wave_opening: result: share", 0, 100), seconds(value.after, "wave_opening: result: after"),
    value.half_life and positive(value.half_life, "wave_opening: result: half_life") or half_life
end

-- See engine/load/shapes.hpp for the curve, docs/loads.md for where the defaults come from.
function wave_opening(options)
  at_load("wave_opening")
  only_keys(expect_table(options, "wave_opening"), "wave_opening", set("arrivals", "window", "first_hour", "first_minute",
    "half_life", "weights", "zones", "start", "closing", "result", "uniform"))
  local window = positive(options.window, "wave_opening: window")
  if window < 7200 then blame(format("wave_opening: window is %s: expected at least two hours", tostring(options.window))) end
  local half_life = positive(options.half_life or "75m", "wave_opening: half_life")
  if half_life < 300 then blame(format("wave_opening: half_life is %s: expected at least five minutes", tostring(options.half_life))) end
  local closing_share, closing_lasts = closing_of(options.closing, window)
  local result_share, result_after, result_half_life = result_of(options.result, half_life)
  if window + result_after + 8 * result_half_life > ten_years then blame("wave_opening: it takes longer than ten years") end
  local pieces, problem = native.wave_pieces { window = window, half_life = half_life, day = day_of(options, "wave_opening"),
    arrivals = number(options.arrivals, "wave_opening: arrivals", 0, most_arrivals),
    first_hour = number(options.first_hour or 0.12, "wave_opening: first_hour", 0, 1),
    first_minute = number(options.first_minute or 4.5, "wave_opening: first_minute", 0, 60),
    closing_share = closing_share, closing_lasts = closing_lasts,
    result_share = result_share, result_after = result_after, result_half_life = result_half_life }
  if not pieces then blame("wave_opening: " .. problem) end
  local phases = { { "opening", 0 }, { "after the first hour", 3600 } }
  if closing_share > 0 then phases[#phases + 1] = { "closing", window - closing_lasts } end
  if result_share > 0 then phases[#phases + 1] = { "result", window + result_after } end
  return open_load("wave_opening", pieces, options.uniform, phases)
end

-- Replay ------------------------------------------------------------------------------------------

-- The recording is read once, before the run, for the load that is played.
replay = {}

local function path_of(path, what)
  if type(path) ~= "string" or path == "" then blame(what .. " takes a file's path") end
  local problem = native.find_data(path)
  if problem then blame(format("%s: %s", what, problem)) end
  return path
end

function replay.csv(path, options)
  at_load("replay.csv")
  options = expect_table(options or {}, "replay.csv")
  only_keys(options, "replay.csv", set("uniform"))
  return make("load", { kind = "replay", source = "csv", path = path_of(path, "replay.csv"),
    uniform = expect_flag(options.uniform, "replay.csv: uniform") })
end

function replay.access_log(path, options)
  at_load("replay.access_log")
  options = expect_table(options or {}, "replay.access_log")
  only_keys(options, "replay.access_log", set("gap", "query"))
  return make("load", { kind = "replay", source = "access_log", path = path_of(path, "replay.access_log"),
    gap = positive(options.gap or "30m", "replay.access_log: gap"), query = expect_flag(options.query, "replay.access_log: query") })
end

local function recorded_time(value, what)
  local parsed = value ~= nil and native.parse_time(tostring(value))
  if not parsed then
    blame(format("%s is %s: expected a time such as \"2021-03-04T12:00:00+07:00\" or seconds since 1970", what, tostring(value)))
  end
  return tostring(value), parsed
end

function replay.prometheus(options)
  at_load("replay.prometheus")
  only_keys(expect_table(options, "replay.prometheus"), "replay.prometheus", set("url", "query", "from", "to", "step", "uniform"))
  for _, name in ipairs { "url", "query" } do
    if type(options[name]) ~= "string" or options[name] == "" then blame(format("replay.prometheus: %s is missing", name)) end
  end
  local from, first = recorded_time(options.from, "replay.prometheus: from")
  local to, last = recorded_time(options.to, "replay.prometheus: to")
  if last <= first then blame("replay.prometheus: to is not after from") end
  local step = positive(options.step or "1m", "replay.prometheus: step")
  if step < 1 or step > last - first then
    blame(format("replay.prometheus: step is %s: expected at least 1s, at most the time from from to to", tostring(options.step)))
  end
  return make("load", { kind = "replay", source = "prometheus", url = options.url, query = options.query, from = from, to = to,
    step = step, uniform = expect_flag(options.uniform, "replay.prometheus: uniform") })
end

-- Closed ------------------------------------------------------------------------------------------

function constant_users(options)
  at_load("constant_users")
  only_keys(expect_table(options, "constant_users"), "constant_users", set("users", "duration"))
  return make("load", { kind = "constant_users", users = whole(options.users, "constant_users: users", 1),
    duration = positive(options.duration, "constant_users: duration") })
end

function iterations(options)
  at_load("iterations")
  only_keys(expect_table(options, "iterations"), "iterations", set("users", "iterations", "longest"))
  return make("load", { kind = "iterations", users = whole(options.users or 1, "iterations: users", 1),
    iterations = whole(options.iterations, "iterations: iterations", 1),
    duration = positive(options.longest or "10m", "iterations: longest") })
end

