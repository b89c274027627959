-- Two runs that a panel could confuse. Their common series have different values, and each run has its own journey.
-- The first run fails.
local portal = require "lib.portal"

local register = step "create account"
local mail     = step "receive verification mail"
local verify   = step "follow verification link"
local nowhere  = step "page that is not there"
local front    = step "front page"

local first = setting("part") == "first"

local journeys = {
  sign_up = { weight = 2, lasts = "1s", steps = { register, mail, verify }, run = function(person)
    register(function() portal.register(person) end)
    local link = mail(function() return portal.wait_for_mail(person).link end)
    verify(function() portal.follow(link) end)
  end },
}
if first then
  journeys.astray = { weight = 1, lasts = "1s", steps = { nowhere }, run = function()
    nowhere(function() http.get("/no-such-page") end)
  end }
else
  journeys.look = { weight = 1, lasts = "1s", steps = { front }, run = function()
    front(function() http.get("/") end)
  end }
end

return scenario {
  description = "One of two runs, one right behind the other.",
  people = feed.people { first = first and 0 or 1000, count = 1000 },
  guards = portal.guards,
  journeys = journeys,
  loads = {
    first = constant_rate { rate = "20/s", duration = "4s" },
    second = constant_rate { rate = "9/s", duration = "4s" },
  },
  thresholds = first and { "create account: response_time p95 < 5s", "all: error_rate < 0.1%",
                           "page that is not there: error_rate < 1%", "sign_up/create account: count > 100000" }
                      or { "create account: response_time p95 < 5s", "all: error_rate < 50%" },
}
