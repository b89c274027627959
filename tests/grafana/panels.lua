-- A short run with everything that a panel shows: mail, upload, errors, people who give up, dropped arrivals.
local portal = require "lib.portal"
local ktp_card = require "lib.ktp_card"

local register = step "create account"
local mail     = step "receive verification mail"
local verify   = step "follow verification link"
local identity = step "submit identity"
local upload   = step "upload photo"
local nowhere  = step "page that is not there"
local front    = step "front page"

-- People who do not give up at once, for the panels of retries and of lost people.
local stubborn = behaviour {
  name = "stubborn", burst = { 2, 3 }, gap = { 0.2, 1 }, attempts = { median = 3, p90 = 5 }, double_submit = 0.1,
}

local photos = ktp_card.good_photos()

return scenario {
  description = "Everything that a panel of the dashboard shows.",
  people = feed.people { seed = run.seed },
  guards = portal.guards,
  networks = {
    network { name = "fibre", weight = 3, upload = "1Gbit/s", download = "1Gbit/s", rtt = "5ms" },
    network { name = "mobile", upload = "50Mbit/s", download = "50Mbit/s", rtt = "20ms" },
  },
  journeys = {
    sign_up = { weight = 2, lasts = "3s", steps = { register, mail, verify, identity, upload }, run = function(person)
      register(function() portal.register(person) end)
      local link = mail(function() return portal.wait_for_mail(person).link end)
      verify(function() portal.follow(link) end)
      identity(function() portal.submit_identity(person) end)
      upload(function() portal.upload(photos[1]) end)
    end },
    lost = { weight = 1, lasts = "1s", behaviour = stubborn, steps = { nowhere }, run = function()
      nowhere(function() http.get("/no-such-page") end)
    end },
    -- More of these users are due than --max-users allows.
    idle = { weight = 6, lasts = "5s", steps = { front }, run = function()
      front(function() http.get("/") end)
      sleep(5)
    end },
  },
  loads = { panels = constant_rate { rate = "18/s", duration = "12s" } },
  thresholds = { "front page: response_time p95 < 5s", "all: error_rate < 0.1%" },
}
