local portal = require "lib.portal"
local networks = require "lib.networks"
local people = require "lib.people"

local open_page = step "open registration page"
local register  = step "create account"
local mail      = step "receive verification mail"
local verify    = step "follow verification link"

return scenario {
  description = "A new applicant creates an account, receives the mail and follows its link to the dashboard.",
  -- New people in every run: an account can be created only once.
  people = feed.people { seed = run.seed },
  networks = networks.named(setting("networks", "none")),
  guards = portal.guards,

  journeys = {
    email_verification = { lasts = "20s", behaviour = people.named "applicant", run = function(person)
      open_page(function() portal.expect_page(http.get("/daftar"), "Daftar") end)
      think(3, 12)
      register(function() portal.register(person) end)
      if person:will "never_open_mail" then leave() end
      local link = mail(function() return portal.wait_for_mail(person).link end)
      think(1, 5)
      verify(function() portal.follow(link) end)
    end },
  },

  loads = {
    smoke = constant_rate { rate = "1/s", duration = "20s" },
    hour  = constant_rate { rate = "20/s", duration = "1h" },
  },
  thresholds = {
    "create account: response_time p95 < 1s",
    "all: mail_delivery p95 < 30s",
    "all: error_rate < 1%",
  },
}
