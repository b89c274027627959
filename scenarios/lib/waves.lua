-- The shape of Indonesia's days and of the portal's registration waves, for diurnal and wave_opening. docs/loads.md has
-- the sources of the figures and says which figures are estimates.
local waves = {}

-- How busy each hour is, from midnight, local time. An estimate: no hourly curve is published.
waves.weights = { 0.35, 0.2, 0.13, 0.12, 0.2, 0.4, 0.6, 0.8, 1, 1.15, 1.25, 1.3, 1.4, 1.35, 1.2, 1.15, 1.15, 1.1, 1.2, 1.5, 1.6,
  1.5, 1.1, 0.7 }

-- WIB, WITA, WIT, by population.
waves.zones = { { utc = 7, share = 80.7 }, { utc = 8, share = 16.1 }, { utc = 9, share = 3.2 } }

-- Times are WIB. `applicants` of waves 13, 14 and 16 is ten times the quota, which the programme called possible. The
-- result of wave 13 came three days after the closing. Its hour is that of wave 21.
local known = {
  [1]  = { opens = "19:00", window = "117h", applicants = 5960000 },
  [13] = { opens = "12:00", window = "72h", applicants = 6000000, result = { after = "80h", share = 0.1 } },
  [14] = { opens = "12:00", window = "72h", applicants = 6000000 },
  [16] = { opens = "12:00", window = "84h", applicants = 3000000 },
}

local function with_defaults(options, defaults)
  local result = {}
  for key, value in pairs(defaults) do result[key] = value end
  for key, value in pairs(options or {}) do result[key] = value end
  return result
end

-- An ordinary day: waves.day { mean = "20/s", duration = "24h", start = "12:00" }.
function waves.day(options)
  return diurnal(with_defaults(options, { weights = waves.weights, zones = waves.zones }))
end

-- A wave with its real numbers. Use --scale to play it: waves.opening(13), waves.opening(13, { first_hour = 0.08 }).
function waves.opening(number, options)
  local wave = known[number] or error(("no figures of wave %s: expected 1, 13, 14 or 16"):format(tostring(number)), 2)
  return wave_opening(with_defaults(options, { arrivals = wave.applicants, window = wave.window, start = wave.opens,
    result = wave.result, weights = waves.weights, zones = waves.zones }))
end

return waves
