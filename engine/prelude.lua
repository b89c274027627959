-- The scripting API, in Lua where Lua is clearer. Runs once in every Lua state before the scenario.
-- `native` holds the C++ side; only this file sees it. See docs/scripting.md for the API.
local native, settings = ...

local type, error, pairs, ipairs, tostring, select = type, error, pairs, ipairs, tostring, select
local getmetatable, setmetatable, rawset, rawget = getmetatable, setmetatable, rawset, rawget
local xpcall, pcall, tonumber = xpcall, pcall, tonumber
local traceback = debug.traceback
local format, lower, find, sub, gsub, match = string.format, string.lower, string.find, string.sub, string.gsub, string.match
local sort, concat = table.sort, table.concat
local cjson = native.cjson

-- Loading ends when journeys may run; some calls belong to one side only.
local loading = true

-- Raises a fault at the line of the scenario that caused it, however deep in this file it was found.
local getinfo = debug.getinfo
local own_source = getinfo(1, "S").source

local function blame(message)
  local level = 2
  local info = getinfo(level, "Sl")
  while info do
    if info.what ~= "C" and info.source ~= own_source then
      return error(format("%s:%d: %s", (gsub(info.source, "^@", "")), info.currentline, message), 0)
    end
    level = level + 1
    info = getinfo(level, "Sl")
  end
  return error(message, 0)
end

local function at_load(what)
  if not loading then blame(what .. " belongs at the top of the file, not inside a journey") end
end

local function in_step(what)
  if loading then blame(what .. " belongs inside a journey: nothing is sent while the file loads") end
  if not native.in_step() then blame(what .. " belongs inside a step: my_step(function() ... end)") end
end

local function expect_table(value, what)
  if type(value) ~= "table" then blame(what .. " takes a table { ... }, got " .. type(value)) end
  return value
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

local function set(...)
  local result = {}
  for i = 1, select("#", ...) do result[select(i, ...)] = true end
  return result
end

-- Seconds from "250ms" or, where a bare number is usual, from a number.
local function seconds(value, what)
  if type(value) == "number" then
    if not (value >= 0) or value == math.huge then blame(what .. " must be 0 or more seconds") end
    return value
  end
  local parsed, problem = native.parse_duration(tostring(value))
  if not parsed then blame(what .. ": " .. problem) end
  return parsed
end

local function positive(value, what)
  local parsed = seconds(value, what)
  if parsed <= 0 then blame(format("%s is %s: expected more than 0", what, tostring(value))) end
  return parsed
end

local function whole(value, what, least)
  if type(value) ~= "number" or value ~= math.floor(value) or value < least or value > 1e15 then
    blame(format("%s is %s: expected a whole number of at least %d", what, tostring(value), least))
  end
  return value
end

local function rate(value, what, zero_allowed)
  local parsed, problem = native.parse_rate(tostring(value))
  if not parsed then blame(what .. ": " .. problem) end
  if parsed == 0 and not zero_allowed then blame(what .. " is 0: expected more than 0") end
  return parsed
end

-- Failures of the target are Failure values; everything else that is raised is a fault of the script.
local Failure = { __tostring = function(self) return "step failed: " .. self.class end }
local ScriptError = { __tostring = function(self) return self.text end }

local function fail(class) return error(setmetatable({ class = class }, Failure), 0) end

local function on_error(problem)
  local kind = getmetatable(problem)
  if kind == Failure or kind == ScriptError then return problem end
  return setmetatable({ text = traceback(tostring(problem), 2) }, ScriptError)
end

-- Steps -------------------------------------------------------------------------------------------

local steps = {}         -- all, in the order of their declaration
local declared = { {} }  -- the steps of each file that is being loaded, innermost last

local function finish_step(ok, ...)
  if ok then
    native.step_end("none")
    return true, ...
  end
  local problem = ...
  if getmetatable(problem) == Failure then
    native.step_end(problem.class)
    return false, problem
  end
  native.step_end("generator_script")
  return error(problem, 0)
end

local function run_step(self, body, ...)
  if type(body) ~= "function" then blame("a step takes a function: my_step(function() ... end)") end
  if loading then blame("steps run inside a journey") end
  native.step_begin(self.number)
  return finish_step(xpcall(body, on_error, ...))
end

local function unwrap(ok, ...)
  if ok then return ... end
  return error((...), 0)
end

local function attempt(ok, ...)
  if ok then return true, ... end
  return false, (...).class
end

local Step = {
  -- A failed step ends the iteration, unless it was tried.
  __call = function(self, body, ...) return unwrap(run_step(self, body, ...)) end,
  __index = { try = function(self, body, ...) return attempt(run_step(self, body, ...)) end },
  __tostring = function(self) return "step " .. self.name end,
}

function step(name)
  at_load("step")
  if type(name) ~= "string" or name == "" or #name > 80 or find(name, "[%c/:{}\"\\]") then
    blame("a step's name is a text of 1 to 80 characters without / : { } quotes")
  end
  local handle = setmetatable({ name = name, number = #steps + 1 }, Step)
  steps[handle.number] = handle
  local file = declared[#declared]
  file[#file + 1] = handle
  return handle
end

-- Scenario ----------------------------------------------------------------------------------------

local Load, Feed, Guard, Scenario = {}, {}, {}, {}

function constant_rate(options)
  at_load("constant_rate")
  only_keys(expect_table(options, "constant_rate"), "constant_rate", set("rate", "duration", "uniform"))
  local per_second = rate(options.rate, "constant_rate: rate")
  return setmetatable({ kind = "constant_rate", uniform = options.uniform == true,
    pieces = { { positive(options.duration, "constant_rate: duration"), per_second, per_second } } }, Load)
end

function ramping_rate(options)
  at_load("ramping_rate")
  only_keys(expect_table(options, "ramping_rate"), "ramping_rate", set("start", "stages", "uniform"))
  local from = rate(options.start or "0/s", "ramping_rate: start", true)
  local pieces, total = {}, 0
  for i, stage in ipairs(expect_table(options.stages or false, "ramping_rate: stages")) do
    expect_table(stage, "ramping_rate: stage " .. i)
    local length = seconds(stage[1], format("ramping_rate: stage %d: duration", i))
    local to = rate(stage[2], format("ramping_rate: stage %d: rate", i), true)
    pieces[#pieces + 1] = { length, from, to }
    total = total + length * (from + to)
    from = to
  end
  if total <= 0 then blame("ramping_rate: no arrivals: the rate is 0 throughout") end
  return setmetatable({ kind = "ramping_rate", uniform = options.uniform == true, pieces = pieces }, Load)
end

function constant_users(options)
  at_load("constant_users")
  only_keys(expect_table(options, "constant_users"), "constant_users", set("users", "duration"))
  return setmetatable({ kind = "constant_users", users = whole(options.users, "constant_users: users", 1),
    duration = positive(options.duration, "constant_users: duration") }, Load)
end

function iterations(options)
  at_load("iterations")
  only_keys(expect_table(options, "iterations"), "iterations", set("users", "iterations", "longest"))
  return setmetatable({ kind = "iterations", users = whole(options.users or 1, "iterations: users", 1),
    iterations = whole(options.iterations, "iterations: iterations", 1),
    duration = positive(options.longest or "10m", "iterations: longest") }, Load)
end

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
  return setmetatable({ kind = "people", seed = whole(options.seed or 1, "feed.people: seed", 0),
    first = whole(options.first or 0, "feed.people: first", 0), count = whole(options.count or 0, "feed.people: count", 0),
    domain = options.domain or "", order = order_of(options.order, "circular") }, Feed)
end

function feed.csv(path, options)
  at_load("feed.csv")
  options = expect_table(options or {}, "feed.csv")
  only_keys(options, "feed.csv", set("order"))
  if type(path) ~= "string" then blame("feed.csv takes a file's path") end
  local problem = native.read_csv(path)
  if problem then blame(problem) end
  return setmetatable({ kind = "csv", path = path, order = order_of(options.order, "queue") }, Feed)
end

guard = {}

function guard.body(options)
  at_load("guard.body")
  only_keys(expect_table(options, "guard.body"), "guard.body", set("pattern", "only"))
  local problem = native.check_guard(tostring(options.pattern), tostring(options.only))
  if problem then blame(problem) end
  return setmetatable({ pattern = options.pattern, only = options.only }, Guard)
end

local function steps_of_journey(name, listed, own)
  if listed == nil then
    if not own then
      blame(format("journey '%s': where there are several journeys each lists its steps: steps = { ... }", name))
    end
    listed = own
  end
  local numbers, seen = {}, {}
  for _, handle in ipairs(listed) do
    if getmetatable(handle) ~= Step then blame(format("journey '%s': steps holds something that is no step", name)) end
    if seen[handle.name] then
      blame(format("journey '%s': two steps are named '%s': a step's name is unique within its journey", name, handle.name))
    end
    seen[handle.name] = true
    numbers[#numbers + 1] = handle.number
  end
  if #numbers == 0 then blame(format("journey '%s' has no steps: declare them with step \"name\"", name)) end
  return numbers
end

local function check_journeys(journeys, file_steps, people)
  local count = 0
  for _ in pairs(journeys) do count = count + 1 end
  if count == 0 then blame("scenario: journeys is empty") end
  for name, journey in pairs(journeys) do
    if type(name) ~= "string" or not match(name, "^[%w_%-]+$") then
      blame(format("journey '%s': a journey's name is letters, digits, _ and -", tostring(name)))
    end
    expect_table(journey, format("journey '%s'", name))
    only_keys(journey, format("journey '%s'", name), set("weight", "run", "steps", "people", "lasts", "numbers"))
    if type(journey.run) ~= "function" then blame(format("journey '%s' has no run = function(person) ... end", name)) end
    local weight = journey.weight or 1
    if type(weight) ~= "number" or not (weight > 0) or weight == math.huge then
      blame(format("journey '%s': weight is %s: expected a number above 0", name, tostring(journey.weight)))
    end
    if journey.people and getmetatable(journey.people) ~= Feed then
      blame(format("journey '%s': people is no feed: expected feed.people { ... } or feed.csv(...)", name))
    end
    if journey.lasts ~= nil then journey.lasts = positive(journey.lasts, format("journey '%s': lasts", name)) end
    -- Kept with the journey, so that other scenarios can take it over with its people.
    journey.people = journey.people or people
    journey.numbers = journey.numbers or steps_of_journey(name, journey.steps, count == 1 and file_steps)
  end
end

local function check_values(list, meta, what, expected)
  for key, value in pairs(expect_table(list or {}, what)) do
    if getmetatable(value) ~= meta then blame(format("%s: '%s' is no %s", what, tostring(key), expected)) end
  end
end

function scenario(options)
  at_load("scenario")
  only_keys(expect_table(options, "scenario"), "scenario",
    set("description", "journeys", "people", "loads", "thresholds", "guards"))
  check_values(options.loads, Load, "scenario: loads", "load such as constant_rate { ... }")
  check_values(options.guards, Guard, "scenario: guards", "guard such as guard.body { ... }")
  if options.people and getmetatable(options.people) ~= Feed then
    blame("scenario: people is no feed: expected feed.people { ... } or feed.csv(...)")
  end
  check_journeys(expect_table(options.journeys or false, "scenario: journeys"), declared[#declared], options.people)
  for _, threshold in ipairs(expect_table(options.thresholds or {}, "scenario: thresholds")) do
    if type(threshold) ~= "string" then blame("scenario: a threshold is a text such as \"log in: response_time p95 < 800ms\"") end
  end
  return setmetatable(options, Scenario)
end

-- Files -------------------------------------------------------------------------------------------

local loaded = {}

local function run_chunk(chunk)
  declared[#declared + 1] = {}
  local results = { pcall(chunk) }
  declared[#declared] = nil
  if not results[1] then error(results[2], 0) end
  return results[2]
end

function require(name)
  at_load("require")
  if type(name) ~= "string" or not match(name, "^[%w_]+[%w_%.]*$") or find(name, "..", 1, true) then
    blame(format("require '%s': expected a name such as lib.portal", tostring(name)))
  end
  local module = loaded[name]
  if module == nil then
    local chunk, problem = native.load_module(name)
    if not chunk then blame(problem) end
    loaded[name] = false  -- found by a file that requires itself
    module = run_chunk(chunk)
    if module == nil then module = true end
    loaded[name] = module
  elseif module == false then
    blame(format("require '%s': the files require each other in a circle", name))
  end
  return module
end

-- HTTP --------------------------------------------------------------------------------------------

local request_options = set("headers", "query", "json", "form", "body", "content_type", "multipart", "expect", "timeout",
  "connect_timeout", "redirects", "version", "expect_continue")

local function encode(text)
  return (gsub(tostring(text), "[^%w%-%._~]", function(c) return format("%%%02X", c:byte()) end))
end

local function encode_form(values)
  local names, pairs_ = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  sort(names)
  for i, name in ipairs(names) do pairs_[i] = encode(name) .. "=" .. encode(values[name]) end
  return concat(pairs_, "&")
end

local Response = {}
Response.__index = Response

-- The first header of that name, without case; nil where there is none.
function Response:header(name)
  local head = "\n" .. self.head
  local begin, stop = find(lower(head), "\n" .. lower(name) .. ": ", 1, true)
  if not begin then return nil end
  return match(head, "([^\r\n]*)", stop + 1)
end

-- The body as JSON; a body that is none fails the step.
function Response:json()
  local ok, value = pcall(cjson.decode, self.body)
  if not ok then return fail("assert_body") end
  return value
end

local function add_parts(parts)
  for i, part in ipairs(expect_table(parts, "multipart")) do
    expect_table(part, "multipart: part " .. i)
    only_keys(part, "multipart: part " .. i, set("name", "value", "file", "filename", "type"))
    if type(part.name) ~= "string" then blame(format("multipart: part %d has no name", i)) end
    if part.file ~= nil then
      local file = part.file
      local shared = type(file) == "table" and file.data or tostring(file)
      native.http_part(part.name, part.filename or (type(file) == "table" and file.filename) or "file",
        part.type or (type(file) == "table" and file.type) or "application/octet-stream", shared)
    else
      native.http_part(part.name, "", part.type or "", tostring(part.value))
    end
  end
end

local function set_body(options)
  if options.json ~= nil then
    native.http_header("Content-Type", options.content_type or "application/json")
    native.http_body(cjson.encode(options.json))
  elseif options.form then
    native.http_header("Content-Type", options.content_type or "application/x-www-form-urlencoded")
    native.http_body(encode_form(options.form))
  elseif options.multipart then
    add_parts(options.multipart)
  elseif options.body then
    native.http_header("Content-Type", options.content_type or "application/octet-stream")
    native.http_body(tostring(options.body))
  end
end

local function set_options(options)
  for name, value in pairs(options.headers or {}) do native.http_header(tostring(name), tostring(value)) end
  set_body(options)
  if options.expect then
    for _, status in ipairs(expect_table(options.expect, "expect")) do native.http_expect(whole(status, "expect", 100)) end
  end
  if options.timeout then native.http_timeout(positive(options.timeout, "timeout")) end
  if options.connect_timeout then native.http_connect_timeout(positive(options.connect_timeout, "connect_timeout")) end
  if options.redirects then native.http_redirects(whole(options.redirects, "redirects", 0)) end
  if options.expect_continue then native.http_expect_continue() end
  if options.version then
    if options.version ~= "1.1" then blame(format("version '%s': expected \"1.1\"", tostring(options.version))) end
    native.http_version_1_1()
  end
end

local function request(method, url, options)
  in_step("http." .. method)
  if type(url) ~= "string" then blame(format("http.%s takes a URL or a path such as \"/masuk\"", method)) end
  if options then only_keys(expect_table(options, "http." .. method), "http." .. method, request_options) end
  if options and options.query then url = url .. (find(url, "?", 1, true) and "&" or "?") .. encode_form(options.query) end
  native.http_begin(method, url)
  if options then set_options(options) end
  local status, body, final_url, head, class = native.http_send()
  if class ~= "none" then return fail(class) end
  return setmetatable({ status = status, body = body, url = final_url, head = head }, Response)
end

http = {}
for _, method in ipairs { "get", "head", "post", "put", "patch", "delete", "options" } do
  http[method] = function(url, options) return request(method, url, options) end
end

-- The value of one of this user's cookies for the target; nil where there is none.
function http.cookie(name)
  in_step("http.cookie")
  local value = native.cookie(tostring(name))
  if value ~= "" then return value end
  return nil
end

-- Judging -----------------------------------------------------------------------------------------

-- A false check fails the step. `class` is an error class of the application layer.
function check(what, holds, class)
  if type(what) ~= "string" then blame("check takes a text and a condition") end
  in_step("check")
  if not holds then return fail(native.application_class(class or "assert_body")) end
  return holds
end

-- The first capture of a Lua pattern in a text; a text without one fails the step.
function capture(text, pattern, class)
  in_step("capture")
  local found = match(tostring(text), pattern)
  if not found then return fail(native.application_class(class or "assert_body")) end
  return found
end

function conformance(rule, row)
  if loading then blame("conformance belongs inside a journey") end
  only_keys(expect_table(row, "conformance"), "conformance", set("expected", "got"))
  native.conformance(tostring(rule), tostring(row.expected), tostring(row.got))
end

-- Time and chance ---------------------------------------------------------------------------------

-- A pause of a person who reads: log-normal, 5 % shorter than `shortest`, 5 % longer than `longest`.
function think(shortest, longest)
  if loading then blame("think belongs inside a journey") end
  local from = positive(shortest, "think")
  local to = positive(longest or shortest, "think")
  if to < from then blame("think: the second time is shorter than the first") end
  native.think(from, to)
end

function sleep(time)
  if loading then blame("sleep belongs inside a journey") end
  native.sleep(seconds(time, "sleep"))
end

-- random(): [0, 1). random(n): 1 to n. random(m, n): m to n. Reproducible from the run's seed.
function random(m, n)
  if m == nil then return native.uniform() end
  if n == nil then m, n = 1, m end
  if n < m then blame("random: the interval is empty") end
  return m + math.floor(native.uniform() * (n - m + 1))
end
math.random = random
math.randomseed = nil

-- Mail --------------------------------------------------------------------------------------------

local mail_options = set("to", "link", "expected_within", "give_up_after")

mailbox = {}

-- Waits for the mail that the last request caused. A lost mail, or one without the link, fails the step.
function mailbox.wait(options)
  in_step("mailbox.wait")
  only_keys(expect_table(options, "mailbox.wait"), "mailbox.wait", mail_options)
  if type(options.to) ~= "string" then blame("mailbox.wait: to is missing: the recipient's address") end
  local expected = positive(options.expected_within or "30s", "mailbox.wait: expected_within")
  local give_up = positive(options.give_up_after or math.max(120, expected), "mailbox.wait: give_up_after")
  if give_up < expected then blame("mailbox.wait: give_up_after is shorter than expected_within") end
  local class, folder, delay, late, subject, link = native.mail_wait(options.to, options.link or "", expected, give_up)
  if class ~= "none" then return fail(class) end
  return { folder = folder, delay = delay, late = late, subject = subject, link = link }
end

-- Photos and settings -----------------------------------------------------------------------------

-- Draws a photo while the file loads; the bytes are shared by all users. See docs/photos.md.
function photo(options)
  at_load("photo")
  local data, size, kind, name, problem = native.photo(expect_table(options, "photo"))
  if not data then blame("photo: " .. problem) end
  return { data = data, size = size, type = kind, filename = name }
end

json = { encode = cjson.encode, decode = cjson.decode, null = cjson.null }
target = settings.target
run = { seed = settings.seed }

-- A value of --set key=value, else the default.
function setting(key, default)
  local value = settings.values[key]
  if value == nil then return default end
  return value
end

-- A value of --set-secret. It may be sent; it is taken out of everything that is shown.
function secret(key)
  local value = settings.secrets[key]
  if value == nil then blame(format("secret '%s' is missing: give it with --set-secret %s=@FILE", tostring(key), tostring(key))) end
  return value
end

function log(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  native.log(concat(words, " "))
end
print = log

-- The sandbox of the scenario ---------------------------------------------------------------------

os = { clock = os.clock, time = os.time, date = os.date }
for _, name in ipairs { "io", "ffi", "jit", "debug", "package", "module", "coroutine", "loadfile", "dofile", "load", "loadstring",
  "newproxy", "getfenv", "setfenv", "collectgarbage", "gcinfo" } do
  _G[name] = nil
end
string.dump = nil
-- The string methods are shared by everything; a scenario must not replace them.
getmetatable("").__metatable = false

local function freeze()
  loading = false
  setmetatable(_G, {
    __newindex = function(_, name)
      blame(format("global '%s' is assigned inside a journey: all users would share it; write local %s", tostring(name), tostring(name)))
    end,
    __index = function(_, name) blame(format("'%s' is not defined", tostring(name))) end,
    __metatable = false,
  })
end

-- What C++ calls -----------------------------------------------------------------------------------

local host = { steps = steps, freeze = freeze }

function host.load(chunk)
  local result = run_chunk(chunk)
  if getmetatable(result) ~= Scenario then error("the file returns no scenario: end it with return scenario { ... }", 0) end
  return result
end

-- The body of a virtual user's coroutine.
function host.play(body, person)
  local ok, problem = xpcall(body, on_error, person)
  if ok then return "success" end
  if getmetatable(problem) == Failure then return "failure" end
  return "script_error", tostring(problem)
end

return host
