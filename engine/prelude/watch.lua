-- Watch -------------------------------------------------------------------------------------------

-- Accounts that a monitor borrows: each one at most once in `rest`, and never twice at the same time.
function pool(options)
  at_load("pool")
  expect_table(options, "pool")
  only_keys(options, "pool", set(1, "rest"))
  local feed = is(options[1], "feed") or blame("pool: its accounts are no feed: expected pool { feed.csv \"reserved.csv\", rest = \"10m\" }")
  return make("pool", { feed = feed, rest = seconds(options.rest or 0, "pool: rest") })
end

-- A share in (0, 1) from "99.5%".
local function share(value, what)
  local percent = type(value) == "string" and tonumber(match(value, "^(%d+%.?%d*)%%$"))
  if not percent or percent <= 0 or percent >= 100 then
    blame(format("%s is %s: expected a share above 0 %% and below 100 %%, such as \"99.5%%\"", what, to_text(value)))
  end
  return percent / 100
end

local function objectives(slo, what)
  local result = {}
  if slo == nil then return result end
  for key in pairs(expect_table(slo, what)) do
    if type(key) ~= "number" and key ~= "availability" then
      blame(format("%s does not know '%s': expected availability = \"99.5%%\" or { step = \"log in\", below = \"800ms\", share = \"95%%\" }", what, to_text(key)))
    end
  end
  if slo.availability ~= nil then result[1] = { step = "", below = 0, share = share(slo.availability, what .. ": availability") } end
  for i = 1, #slo do
    local one = format("%s %d", what, i)
    local given = expect_table(slo[i], one)
    only_keys(given, one, set("step", "below", "share"))
    if type(given.step) ~= "string" or given.step == "" then blame(one .. ": step is missing: expected the name of a step") end
    result[#result + 1] = { step = given.step, below = positive(given.below, one .. ": below"), share = share(given.share, one .. ": share") }
  end
  return result
end

-- "2 of 5": how many of the last slots fail until a monitor is down.
local function down_rule(value, what)
  local failures, of = 2, 2
  if value ~= nil then
    failures, of = match(type(value) == "string" and value or "", "^(%d+) of (%d+)$")
    failures, of = tonumber(failures), tonumber(of)
    if not failures or failures < 1 or failures > of or of > 100 then
      blame(format("%s is %s: expected a text such as \"2 of 5\", at most 100", what, to_text(value)))
    end
  end
  return failures, of
end

local function optional_text(value, what)
  if value ~= nil and (type(value) ~= "string" or value == "") then blame(format("%s is %s: expected a text", what, to_text(value))) end
  return value
end

local monitor_keys = set("scenario", "url", "contains", "every", "timeout", "slow", "public", "people", "slo", "down", "max_in_flight", "probe",
  "per_day")

local function monitor_data(name, monitor)
  expect_name(name, "monitor")
  local what = format("monitor '%s'", name)
  only_keys(expect_table(monitor, what), what, monitor_keys)
  if (monitor.scenario == nil) == (monitor.url == nil) then blame(what .. ": expected either scenario = \"login.lua\" or url = \"/\"") end
  if monitor.contains ~= nil and monitor.url == nil then blame(what .. ": contains belongs to a url; a scenario has checks") end
  if monitor.people ~= nil and monitor.url ~= nil then blame(what .. ": people belong to a scenario; a url is asked for by nobody in particular") end
  if monitor.per_day ~= nil and monitor.url ~= nil then blame(what .. ": per_day belongs to a scenario that creates something") end
  if monitor.probe ~= nil and type(monitor.probe) ~= "boolean" then blame(format("%s: probe is %s: expected true or false", what, to_text(monitor.probe))) end
  local people = monitor.people ~= nil and (is(monitor.people, "pool") or blame(what .. ": people are no pool: expected pool { feed.csv \"reserved.csv\" }")) or nil
  local failures, of = down_rule(monitor.down, what .. ": down")
  return { scenario = optional_text(monitor.scenario, what .. ": scenario"), url = optional_text(monitor.url, what .. ": url"),
    contains = optional_text(monitor.contains, what .. ": contains"), public = optional_text(monitor.public, what .. ": public"),
    every = positive(monitor.every, what .. ": every"), timeout = monitor.timeout and positive(monitor.timeout, what .. ": timeout") or 0,
    slow = monitor.slow and positive(monitor.slow, what .. ": slow") or 0, feed = people and people.feed, rest = people and people.rest or 0,
    objectives = objectives(monitor.slo, what .. ": slo"), failures = failures, of = of, probe = monitor.probe ~= false,
    per_day = monitor.per_day and whole(monitor.per_day, what .. ": per_day", 1, 1e6) or 0,
    max_in_flight = monitor.max_in_flight and whole(monitor.max_in_flight, what .. ": max_in_flight", 1, 100) or 1 }
end

local function names(list, what)
  local result, seen = {}, {}
  for i, name in ipairs(expect_list(list or {}, what)) do
    expect_name(name, what)
    if seen[name] then blame(format("%s: '%s' stands there twice", what, name)) end
    seen[name], result[i] = true, name
  end
  return result
end

local function maintenance_data(windows)
  local result = {}
  for i, window in ipairs(expect_list(windows or {}, "watch: maintenance")) do
    local what = format("watch: maintenance %d", i)
    only_keys(expect_table(window, what), what, set("every", "at", "lasts"))
    if (window.every == nil) == (window.at == nil) then blame(what .. ": expected either every = \"Sun 00:01\" or at = \"2026-12-04T12:00\"") end
    local every, at = optional_text(window.every, what .. ": every"), optional_text(window.at, what .. ": at")
    if every and match(every, "^%d%d%d%d%-") then blame(format("%s: every is '%s': a single time is at = \"%s\"", what, every, every)) end
    if at and not match(at, "^%d%d%d%d%-") then blame(format("%s: at is '%s': expected a single time such as \"2026-12-04T12:00\"", what, at)) end
    result[i] = { when = every or at, lasts = positive(window.lasts, what .. ": lasts") }
  end
  return result
end

local function calendar_data(entries)
  local result = {}
  for i, entry in ipairs(expect_list(entries or {}, "watch: calendar")) do
    local what = format("watch: calendar %d", i)
    only_keys(expect_table(entry, what), what, set(1, 2))
    if type(entry[1]) ~= "string" or type(entry[2]) ~= "string" then blame(what .. ": expected { \"2026-12-04T12:00\", \"wave 14 opens\" }") end
    result[i] = { at = entry[1], text = entry[2] }
  end
  return result
end

function watch(options)
  at_load("watch")
  only_keys(expect_table(options, "watch"), "watch",
    set("location", "locations", "zone", "target", "monitors", "maintenance", "calendar", "witness"))
  if options.location ~= nil then expect_name(options.location, "watch: location") end
  local monitors, count = {}, 0
  for name, monitor in pairs(expect_table(options.monitors, "watch: monitors")) do
    monitors[name], count = monitor_data(name, monitor), count + 1
  end
  if count == 0 then blame("watch: monitors is empty: expected name = { scenario = \"login.lua\", every = \"30s\" }") end
  local witness = {}
  for i, address in ipairs(expect_list(options.witness or {}, "watch: witness")) do
    witness[i] = optional_text(address, format("watch: witness %d", i))
  end
  private[options] = { class = "watch", location = options.location, locations = names(options.locations, "watch: locations"),
    zone = optional_text(options.zone, "watch: zone"), target = optional_text(options.target, "watch: target"), monitors = monitors,
    maintenance = maintenance_data(options.maintenance), calendar = calendar_data(options.calendar), witness = witness }
  return options
end

