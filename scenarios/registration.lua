local portal = require "lib.portal"
local networks = require "lib.networks"
local people = require "lib.people"
local ktp_card = require "lib.ktp_card"
local waves = require "lib.waves"

local open_page = step "open registration page"
local register  = step "create account"
local mail      = step "receive verification mail"
local verify    = step "follow verification link"
local log_in    = step "log in"
local identity  = step "submit identity"
local as_taken  = step "upload photo as taken"
local upload    = step "upload photo"
local begin     = step "begin aptitude test"
local hand_in   = step "hand in aptitude test"
local wave      = step "look at the wave"
local join      = step "join the wave"
local dashboard = step "dashboard"

local photos = ktp_card.good_photos()
local taken = ktp_card.photos_as_taken()

-- People need minutes for the aptitude test. A load test may not want to wait that long.
local test_seconds = tonumber(setting("test_seconds", "8"))

return scenario {
  description = "The whole registration: account, mail, link, login, identity, photo, aptitude test, joining the wave.",
  people = feed.people { seed = run.seed },
  networks = networks.named(setting("networks", "none")),
  guards = portal.guards,

  journeys = {
    registration = { lasts = "45s", behaviour = people.named "applicant", run = function(person)
      open_page(function() portal.expect_page(http.get("/daftar"), "Daftar") end)
      think(2, 6)
      register(function() portal.register(person) end)
      if person:will "never_open_mail" then leave() end
      local link = mail(function() return portal.wait_for_mail(person).link end)
      think(1, 4)
      verify(function() portal.follow(link) end)
      think(1, 4)
      log_in(function() portal.log_in(person) end)
      think(2, 6)
      identity(function() portal.submit_identity(person) end)
      think(2, 8)
      local kind = person:which "photo"
      if not kind or as_taken(function() return portal.upload_as_taken(taken[kind]) end) then
        if kind then think(5, 15) end  -- the person makes the photo smaller
        upload(function() portal.upload(photos[random(#photos)]) end)
      end
      local questions = begin(function() return portal.answer_test() end)
      think(test_seconds / 2, test_seconds * 2)
      hand_in(function() portal.hand_in(person, questions) end)
      wave(function() check("a wave is open", http.get("/api/waves/current"):json().state == "OPEN") end)
      join(function() portal.join() end)
      dashboard(function() portal.expect_dashboard(http.get("/api/dashboard")) end)
    end },
  },

  loads = {
    smoke = constant_rate { rate = "1/s", duration = "20s" },
    rush  = ramping_rate { start = "1/s", stages = { { "1m", "40/s" }, { "10m", "40/s" }, { "20m", "10/s" } } },
    day   = waves.day { mean = "1/s", duration = "24h", start = "00:00" },
    wave  = waves.opening(13),  -- real numbers: play it with --scale 1/1000, and --speed 10 if three days are too long
  },
  thresholds = {
    "log in: response_time p95 < 800ms",
    "all: mail_delivery p95 < 30s",
    "upload photo: response_time p95 < 5s",
    "all: error_rate < 1%",
  },
}
