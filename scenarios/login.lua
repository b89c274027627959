local portal = require "lib.portal"
local networks = require "lib.networks"
local people = require "lib.people"

local open_page = step "open login page"
local log_in    = step "log in"
local dashboard = step "dashboard"

return scenario {
  description = "A returning applicant signs in and sees the dashboard.",
  people = feed.people { first = 0, count = 10000 },
  networks = networks.named(setting("networks", "none")),
  guards = portal.guards,

  journeys = {
    login = { lasts = "10s", behaviour = people.named "applicant", run = function(person)
      open_page(function() portal.expect_page(http.get("/masuk"), "Masuk") end)
      think(2, 8)
      log_in(function() portal.log_in(person) end)
      dashboard(function() portal.expect_dashboard(http.get("/api/dashboard")) end)
    end },
  },

  loads = {
    smoke = constant_rate { rate = "2/s", duration = "20s" },
    ramp  = ramping_rate { start = "1/s", stages = { { "2m", "50/s" }, { "5m", "50/s" } } },
    crowd = constant_users { users = 200, duration = "5m" },
  },
  thresholds = {
    "log in: response_time p95 < 800ms",
    "all: error_rate < 1%",
  },
}
