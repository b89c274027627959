-- A conformance scenario: photos just inside and just outside of every published rule, each with the response that the
-- portal should give. A rule that does not hold is shown in the table and leads to exit code 99.
local portal = require "lib.portal"
local ktp_card = require "lib.ktp_card"

local log_in   = step "log in"
local identity = step "submit identity"
local upload   = step "upload photo"

-- "less than 2 MB": decimal megabytes, unless --set limit=2097152 says that the portal means binary ones.
local limit = tonumber(setting("limit", "2000000"))

local function group(number)
  return (tostring(number):reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local cases = {}

local function case(rule, expected, options)
  options.filename = options.filename or "ktp.jpg"
  cases[#cases + 1] = { rule = rule, expected = expected, photo = ktp_card.photo(options) }
end

local sizes = { 1999999, 2000000, 2000001, 2097151, 2097152, 2097153 }
for _, size in ipairs(sizes) do
  case(group(size) .. " bytes", size < limit and "accepted" or "refused: size", { size = size, seed = 11 })
end
case("a small JPEG, 120,000 bytes", "accepted", { size = 120000, seed = 12 })
case("PNG", "accepted", { format = "png", size = 1500000, seed = 13, filename = "ktp.png" })
case("HEIC, as iPhones take it", "refused: format", { format = "heic_like", size = 1200000, seed = 14, filename = "IMG_0001.HEIC" })
case("HEIC named .jpg", "refused: format", { format = "heic_like", size = 1200000, seed = 15 })
case("PDF", "refused: format", { format = "pdf", size = 500000, seed = 16, filename = "ktp.pdf" })
case("right extension, wrong bytes", "refused: format", { wrong_bytes = true, size = 300000, seed = 17 })
case("a corner outside the frame", "refused: framing", { crop = 0.1, size = 900000, seed = 18 })
case("a quarter of the card outside", "refused: framing", { crop = 0.25, size = 900000, seed = 19 })
for _, blur in ipairs { 1, 2 } do
  case("blur " .. blur .. ", still legible", "accepted", { blur = blur, size = 900000, seed = 20 })
end
for _, blur in ipairs { 4, 8 } do
  case("blur " .. blur .. ", illegible", "refused: blur", { blur = blur, size = 900000, seed = 20 })
end
case("greyscale photocopy", "refused: photocopy", { photocopy = true, size = 900000, seed = 21 })
case("turned, with the EXIF tag that says so", "accepted", { rotated = 90, exif = true, size = 900000, seed = 22 })

-- "accepted", or "refused: RULE" with the rule that the portal names.
local function answer_of(response)
  if response.status == 200 then return "accepted" end
  local ok, body = pcall(json.decode, response.body)
  return "refused: " .. (ok and type(body) == "table" and tostring(body.rule) or "status " .. response.status)
end

-- The limit that the portal really applies, as far as the tried sizes show.
local function limit_found(answers)
  local largest
  for i, size in ipairs(sizes) do
    if answers[i] == "accepted" then largest = size end
  end
  if not largest then return "below " .. group(sizes[1] + 1) .. " bytes" end
  if largest == sizes[#sizes] then return "above " .. group(largest) .. " bytes" end
  return "up to " .. group(largest) .. " bytes"
end

local function limit_expected()
  local answers = {}
  for i, size in ipairs(sizes) do answers[i] = size < limit and "accepted" or "refused" end
  return limit_found(answers)
end

return scenario {
  description = "The published photo rules, one by one: what should be accepted is, what should be refused is.",
  people = feed.people { first = 9000, count = 1000 },
  guards = portal.guards,

  journeys = {
    ktp_rules = { lasts = "10s", run = function(person)
      log_in(function() portal.log_in(person) end)
      identity(function() portal.submit_identity(person) end)
      local answers = {}
      for i, one in ipairs(cases) do
        -- The portal may give any of these responses here. The table says whether the response is right.
        local response = upload(function() return portal.upload(one.photo, { 200, 400, 413, 415, 422 }) end)
        answers[i] = answer_of(response)
        conformance(one.rule, { expected = one.expected, got = answers[i] })
      end
      conformance("the limit that is applied", { expected = limit_expected(), got = limit_found(answers) })
    end },
  },

  loads = { once = iterations { users = 1, iterations = 1 } },
  thresholds = { "all: error_rate < 1%" },
}
