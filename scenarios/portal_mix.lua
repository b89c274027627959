local login = require "login"
local verification = require "email_verification"
local upload = require "ktp_upload"
local portal = require "lib.portal"
local networks = require "lib.networks"

-- The published funnel of wave 1 (April 2020): 5.96 million registered, 4.42 million of them verified their email (74
-- %), 3.29 million of those got past the identity check to the photo (55 % of all). Everyone who verified comes back at
-- least once and logs in.
local function weighted(journey, weight)
  journey.weight = weight
  return journey
end

return scenario {
  description = "The registration mix: people who create accounts, people who log in, people who upload their card.",
  networks = networks.named(setting("networks", "none")),
  guards = portal.guards,

  journeys = {
    email_verification = weighted(verification.journeys.email_verification, 100),
    login              = weighted(login.journeys.login, 74),
    ktp_upload         = weighted(upload.journeys.ktp_upload, 55),
  },

  loads = {
    smoke   = constant_rate { rate = "2/s", duration = "20s" },
    demo    = constant_rate { rate = "12/s", duration = "20s" },
    opening = ramping_rate { start = "5/s", stages = { { "1m", "60/s" }, { "10m", "60/s" }, { "30m", "15/s" } } },
  },
  thresholds = {
    "login/log in: response_time p95 < 800ms",
    "create account: response_time p95 < 1s",
    "all: mail_delivery p95 < 30s",
    "upload photo: response_time p95 < 5s",
    "all: error_rate < 1%",
  },
}
