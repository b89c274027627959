local portal = require "lib.portal"
local networks = require "lib.networks"
local people = require "lib.people"
local ktp_card = require "lib.ktp_card"

local log_in   = step "log in"
local identity = step "submit identity"
local as_taken = step "upload photo as taken"
local upload   = step "upload photo"

local photos = ktp_card.good_photos()
local taken = ktp_card.photos_as_taken()

return scenario {
  description = "An applicant signs in, gives the identity numbers and uploads a photo of the card.",
  people = feed.people { first = 0, count = 10000 },
  networks = networks.named(setting("networks", "none")),
  guards = portal.guards,

  journeys = {
    ktp_upload = { lasts = "28s", behaviour = people.named "applicant", run = function(person)
      log_in(function() portal.log_in(person) end)
      think(3, 10)
      identity(function() portal.submit_identity(person) end)
      think(5, 20)
      local kind = person:which "photo"
      if not kind or as_taken(function() return portal.upload_as_taken(taken[kind]) end) then
        if kind then think(5, 15) end  -- the person makes the photo smaller
        upload(function() portal.upload(photos[random(#photos)]) end)
      end
    end },
  },

  loads = {
    smoke = constant_rate { rate = "1/s", duration = "20s" },
    hour  = constant_rate { rate = "15/s", duration = "1h" },
  },
  thresholds = {
    "upload photo: response_time p95 < 5s",
    "all: error_rate < 1%",
  },
}
