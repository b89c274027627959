-- Behaviour ---------------------------------------------------------------------------------------

local behaviours = {}   -- all, in the order of their declaration
local share_kinds = {}  -- by name: whether it is a share or a choice

local function probability(value, what)
  if type(value) ~= "number" or not (value >= 0 and value <= 1) then
    blame(format("%s is %s: expected a share from 0 to 1", what, tostring(value)))
  end
  return value
end

-- A log-normal distribution by its median and 90th percentile.
local function spread(value, what, read)
  if value == nil then return nil end
  only_keys(expect_table(value, what), what, set("median", "p90"))
  local median, p90 = read(value.median, what .. ": median"), read(value.p90, what .. ": p90")
  if p90 < median then
    blame(format("%s: p90 is %s and the median %s: expected a p90 that is not below the median", what,
      tostring(value.p90), tostring(value.median)))
  end
  return { median = median, p90 = p90 }
end

-- { least, most } of `list`, from index `first` on.
local function range(list, first, what, read)
  if #list ~= first + 1 then blame(format("%s has %d values: expected %d", what, #list, first + 1)) end
  local least, most = read(list[first], what), read(list[first + 1], what)
  if most < least then
    blame(format("%s: %s stands before %s: expected the smaller one first", what, tostring(list[first]), tostring(list[first + 1])))
  end
  return least, most
end

local function at_least_one(value, what)
  if type(value) ~= "number" or not (value >= 1 and value <= 1e9) then
    blame(format("%s is %s: expected a number of at least 1", what, tostring(value)))
  end
  return value
end

local function tries(value, what)
  whole(value, what, 1)
  return value <= 1e9 and value or blame(format("%s is %s: expected at most 1e9", what, tostring(value)))
end

local function sum_to_one(total, what)
  if total > 1 + 1e-9 then
    blame(format("%s: the shares add up to %g: expected at most 1, because only one of them applies to a person", what, total))
  end
end

local function pauses_data(pauses, what)
  local result, total = {}, 0
  for i, pause in ipairs(expect_list(pauses or {}, what)) do
    local where = format("%s: pause %d", what, i)
    expect_list(pause, where)
    local share = probability(pause[1], where .. ": share")
    local least, most = range(pause, 2, where, positive)
    result[i] = { share, least, most }
    total = total + share
  end
  sum_to_one(total, what)
  return result
end

-- Alternatives: a person has one of them, or none.
local function choice_data(options, what)
  local list, total = {}, 0
  for name in pairs(options) do
    expect_name(name, what)
    list[#list + 1] = name
  end
  sort(list)
  for i, name in ipairs(list) do
    list[i] = { name, probability(options[name], format("%s: '%s'", what, name)) }
    total = total + list[i][2]
  end
  sum_to_one(total, what)
  return list
end

local function shares_data(shares, what)
  local result = {}
  for name, value in pairs(expect_table(shares or {}, what)) do
    expect_name(name, what)
    local where = format("%s: '%s'", what, name)
    local kind = type(value) == "table" and "which" or "will"
    result[name] = kind == "which" and choice_data(value, where) or probability(value, where)
    if share_kinds[name] and share_kinds[name] ~= kind then
      blame(format("%s is a share here and a choice in another behaviour", where))
    end
    share_kinds[name] = kind
  end
  return result
end

local function person_function(kind, wording)
  return function(shares)
    return function(_, name)
      if loading then blame(format("person:%s belongs inside a journey", kind)) end
      if share_kinds[name] ~= kind then
        blame(format("person:%s '%s': no behaviour has %s of that name", kind, tostring(name), wording))
      end
      return shares[name]
    end
  end
end

local find_share, find_choice = person_function("will", "a share"), person_function("which", "a choice")

-- The methods of a journey's person, besides its fields.
local function person_class(shares)
  local share, choice = find_share(shares), find_choice(shares)
  return { __metatable = false, __index = {
    -- Whether this person belongs to a share; always the same answer.
    will = function(self, name)
      local limit = share(self, name)
      return limit ~= nil and native.trait(name) < limit
    end,
    -- Which of the alternatives is true of this person; nil: none.
    which = function(self, name)
      local point = native.trait(name)
      for _, option in ipairs(choice(self, name) or {}) do
        point = point - option[2]
        if point < 0 then return option[1] end
      end
      return nil
    end,
    -- Tries at the current step, including this one.
    tries = function() return native.tries() end,
  } }
end

behaviours[0] = { class = person_class({}) }

local behaviour_keys = set("name", "patience", "reload", "burst", "gap", "pauses", "attempts", "double_submit", "again", "shares")
local beginnings = set("step", "journey")

-- Options that make no sense without another option.
local function expect_company(options, what)
  local function needs(field, given, other)
    if given then blame(format("%s: %s needs %s", what, field, other)) end
  end
  local tries_again = options.burst or options.pauses
  needs("gap", options.gap and not options.burst, "burst = { least, most }: tries in a row")
  needs("burst", options.burst and not options.gap, "gap = { shortest, longest }: the time between two tries")
  needs("reload", options.reload and not (options.patience and options.burst), "patience and burst, because a reload is another try")
  needs("attempts", options.attempts and not tries_again, "burst or pauses, because without them nobody tries again")
  needs("again", options.again and not tries_again, "burst or pauses, because without them nobody tries again")
end

-- How the people of a journey behave towards a slow or failing portal. See docs/people.md.
function behaviour(options)
  at_load("behaviour")
  only_keys(expect_table(options, "behaviour"), "behaviour", behaviour_keys)
  expect_name(options.name, "behaviour: name")
  local what = format("behaviour '%s'", options.name)
  local function named(field) return what .. ": " .. field end
  local data = { name = options.name, number = #behaviours + 1, burst_least = 1, burst_most = 1 }
  data.patience = spread(options.patience, named "patience", positive)
  data.reload = probability(options.reload or 0, named "reload")
  if options.burst then data.burst_least, data.burst_most = range(expect_list(options.burst, named "burst"), 1, named "burst", tries) end
  if options.gap then data.gap = { range(expect_list(options.gap, named "gap"), 1, named "gap", positive) } end
  data.pauses = pauses_data(options.pauses, named "pauses")
  data.attempts = spread(options.attempts, named "attempts", at_least_one)
  data.double_submit = probability(options.double_submit or 0, named "double_submit")
  data.again = options.again or "step"
  if not beginnings[data.again] then blame(format("%s is '%s': expected step or journey", named "again", tostring(data.again))) end
  expect_company(options, what)
  behaviours[data.number] = { class = person_class(shares_data(options.shares, named "shares")) }
  return make("behaviour", data)
end

-- The person chooses to leave. This is not a failure, and the funnel counts it separately.
function leave()
  if loading then blame("leave belongs inside a journey") end
  if native.in_step() then blame("leave belongs between two steps") end
  return error(setmetatable({ class = "none", left = true }, Failure), 0)
end
