-- Scenario ----------------------------------------------------------------------------------------

local orders = set("queue", "circular", "random")

local function order_of(value, default)
  value = value or default
  if not orders[value] then blame(format("order '%s': expected queue, circular or random", tostring(value))) end
  return value
end

feed = {}

function feed.people(options)
  at_load("feed.people")
  options = expect_table(options or {}, "feed.people")
  only_keys(options, "feed.people", set("seed", "first", "count", "domain", "order"))
  if options.domain ~= nil and type(options.domain) ~= "string" then blame("feed.people: domain is no text") end
  return make("feed", { kind = "people", seed = whole(options.seed or 1, "feed.people: seed", 0),
    first = whole(options.first or 0, "feed.people: first", 0), count = whole(options.count or 0, "feed.people: count", 0),
    domain = options.domain or "", order = order_of(options.order, "circular") })
end

function feed.csv(path, options)
  at_load("feed.csv")
  options = expect_table(options or {}, "feed.csv")
  only_keys(options, "feed.csv", set("order"))
  if type(path) ~= "string" then blame("feed.csv takes a file's path") end
  local problem = native.read_csv(path)
  if problem then blame(problem) end
  return make("feed", { kind = "csv", path = path, order = order_of(options.order, "queue") })
end

local function weight_of(value, what)
  local weight = value == nil and 1 or value
  if type(weight) ~= "number" or not (weight > 0 and weight <= 1e9) then
    blame(format("%s: weight is %s: expected a number above 0, at most 1e9", what, tostring(weight)))
  end
  return weight
end

guard = {}

function guard.body(options)
  at_load("guard.body")
  only_keys(expect_table(options, "guard.body"), "guard.body", set("pattern", "only"))
  local pattern, only = tostring(options.pattern), tostring(options.only)
  local problem = native.check_guard(pattern, only)
  if problem then blame(problem) end
  return make("guard", { pattern = pattern, only = only })
end

local function bandwidth(value, what)
  if value == nil then blame(what .. " is missing: expected a bandwidth such as \"1.5Mbit/s\"") end
  local parsed, problem = native.parse_bandwidth(tostring(value))
  return parsed or blame(what .. ": " .. problem)
end

-- The access network of some of the people. See docs/networks.md.
function network(options)
  at_load("network")
  only_keys(expect_table(options, "network"), "network", set("name", "weight", "upload", "download", "rtt"))
  expect_name(options.name, "network: name")
  local what = format("network '%s'", options.name)
  local rtt = seconds(options.rtt or 0, what .. ": rtt")
  if rtt > 60 then blame(format("%s: rtt is %s: expected at most 60s", what, tostring(options.rtt))) end
  return make("network", { name = options.name, weight = weight_of(options.weight, what), rtt = rtt,
    upload = bandwidth(options.upload, what .. ": upload"), download = bandwidth(options.download, what .. ": download") })
end

local function networks_data(networks)
  local result, seen = {}, {}
  for i, handle in ipairs(expect_list(networks or {}, "scenario: networks")) do
    local data = is(handle, "network") or blame(format("scenario: network %d is no network: expected network { ... }", i))
    if seen[data.name] then blame(format("scenario: two networks are named '%s'", data.name)) end
    seen[data.name] = true
    result[i] = data
  end
  if #result > 32 then blame(format("scenario: %d networks: expected at most 32", #result)) end
  return result
end

local function steps_of_journey(name, listed, own)
  if listed == nil then
    if not own then
      blame(format("journey '%s': with several journeys, each one must list its steps: steps = { ... }", name))
    end
    listed = own
  end
  local numbers, seen = {}, {}
  for _, handle in ipairs(expect_list(listed, format("journey '%s': steps", name))) do
    local data = is(handle, "step")
    if not data then blame(format("journey '%s': steps contains something that is not a step", name)) end
    if seen[data.name] then
      error(format("%sjourney '%s': two steps are named '%s': expected a name that is unique within the journey",
        data.place, name, data.name), 0)
    end
    seen[data.name] = true
    numbers[#numbers + 1] = data.number
  end
  if #numbers == 0 then blame(format("journey '%s' has no steps: declare them with step \"name\"", name)) end
  return numbers
end

local function feed_data(value, what)
  if value == nil then return nil end
  return is(value, "feed") or blame(what .. " is no feed: expected feed.people { ... } or feed.csv(...)")
end

local function behaviour_data(value, what)
  if value == nil then return nil end
  return is(value, "behaviour") or blame(what .. " is no behaviour: expected behaviour { ... }")
end

local journey_keys = set("weight", "run", "steps", "people", "lasts", "behaviour")

-- A journey that another scenario has declared keeps its steps and its people.
local function journey_data(name, journey, own_steps, people)
  local what = format("journey '%s'", name)
  only_keys(expect_table(journey, what), what, journey_keys)
  if type(journey.run) ~= "function" then blame(what .. " has no run = function(person) ... end") end
  local weight = weight_of(journey.weight, what)
  local before = is(journey, "journey") or {}
  local data = { class = "journey", run = journey.run, weight = weight,
    lasts = journey.lasts and positive(journey.lasts, what .. ": lasts") or 0,
    people = feed_data(journey.people, what .. ": people") or before.people or people,
    behaviour = behaviour_data(journey.behaviour, what .. ": behaviour"),
    numbers = before.numbers or steps_of_journey(name, journey.steps, own_steps) }
  private[journey] = data
  return data
end

local function journeys_data(journeys, own_steps, people)
  local result, names = {}, {}
  for name in pairs(expect_table(journeys, "scenario: journeys")) do
    expect_name(name, "journey")
    names[#names + 1] = name
  end
  if #names == 0 then blame("scenario: journeys is empty: expected name = { run = function(person) ... end }") end
  sort(names)
  for _, name in ipairs(names) do
    result[name] = journey_data(name, journeys[name], #names == 1 and own_steps, people)
  end
  return result
end

local function loads_data(loads)
  local result = {}
  for name, handle in pairs(expect_table(loads or {}, "scenario: loads")) do
    expect_name(name, "load")
    result[name] = is(handle, "load") or blame(format("load '%s' is no load: expected one such as constant_rate { ... }", name))
  end
  return result
end

local function guards_data(guards)
  local result = {}
  for i, handle in ipairs(expect_list(guards or {}, "scenario: guards")) do
    result[i] = is(handle, "guard") or blame(format("scenario: guard %d is no guard: expected guard.body { ... }", i))
  end
  return result
end

local function thresholds_data(thresholds)
  local result = {}
  for i, text in ipairs(expect_list(thresholds or {}, "scenario: thresholds")) do
    if type(text) ~= "string" then
      blame(format("scenario: threshold %d is no text: expected one such as \"log in: response_time p95 < 800ms\"", i))
    end
    if not native.is_label(gsub(text, "[\t\r\n]", " ")) then blame(format("scenario: threshold %d is no UTF-8, or holds control characters", i)) end
    result[i] = text
  end
  return result
end

-- Exactly one name, of a header or of a cookie, with only the characters that such a name may have.
local function back_end_data(value)
  if value == nil then return {} end
  only_keys(expect_table(value, "scenario: backend"), "scenario: backend", set("header", "cookie"))
  local name = value.header or value.cookie
  if (value.header ~= nil) == (value.cookie ~= nil) or type(name) ~= "string" or #name > 64 or
    not find(name, "^[%w!#$%%&'*+.^_`|~-]+$") then
    blame("scenario: backend: expected { header = \"x-backend\" } or { cookie = \"SERVERID\" }")
  end
  return { header = value.header, cookie = value.cookie }
end

function scenario(options)
  at_load("scenario")
  only_keys(expect_table(options, "scenario"), "scenario",
    set("description", "journeys", "people", "loads", "thresholds", "guards", "catch_up", "backend", "networks"))
  if options.description ~= nil and type(options.description) ~= "string" then blame("scenario: description is no text") end
  if options.catch_up ~= nil and not set("burst", "capped", "skip")[options.catch_up] then
    blame(format("scenario: catch_up is %s: expected burst, capped or skip", tostring(options.catch_up)))
  end
  local back_end = back_end_data(options.backend)
  private[options] = { class = "scenario", back_end_header = back_end.header, back_end_cookie = back_end.cookie, catch_up = options.catch_up, networks = networks_data(options.networks), description = options.description, guards = guards_data(options.guards),
    loads = loads_data(options.loads), thresholds = thresholds_data(options.thresholds),
    journeys = journeys_data(options.journeys, declared[#declared], feed_data(options.people, "scenario: people")) }
  return options
end

-- Files -------------------------------------------------------------------------------------------

local loaded = {}
local being_loaded = {}  -- stands for a module while it is being loaded

local chunks = {}  -- every file that was run

local function run_chunk(chunk)
  chunks[#chunks + 1] = chunk
  declared[#declared + 1] = {}
  local ok, result = xpcall(chunk, at_scenario)
  declared[#declared] = nil
  return ok, result
end

function require(name)
  at_load("require")
  if type(name) ~= "string" or not match(name, "^[%w_]+[%w_%.]*$") or find(name, "..", 1, true) then
    blame(format("require '%s': expected a name such as lib.portal", tostring(name)))
  end
  local module = loaded[name]
  if module == being_loaded then blame(format("require '%s': the files require each other in a circle", name)) end
  if module == nil then
    local chunk, problem = native.load_module(name)
    if not chunk then blame(problem) end
    loaded[name] = being_loaded
    local ok
    ok, module = run_chunk(chunk)
    if ok and module == nil then module = true end
    loaded[name] = ok and module or nil
    if not ok then error(module, 0) end
  end
  return module
end
