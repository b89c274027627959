-- The bandwidth and delay of people's access networks, for scenario { networks = ... }. docs/networks.md has the
-- sources of the figures and says which figures are estimates.
local networks = {}

local indonesia = {
  network { name = "urban_4g",     weight = 45, upload = "12Mbit/s",  download = "15.1Mbit/s", rtt = "40ms" },
  network { name = "congested_4g", weight = 25, upload = "1.5Mbit/s", download = "5.7Mbit/s",  rtt = "120ms" },
  network { name = "3g",           weight = 8,  upload = "500kbit/s", download = "4.9Mbit/s",  rtt = "200ms" },
  network { name = "home_fibre",   weight = 17, upload = "18Mbit/s",  download = "29.6Mbit/s", rtt = "20ms" },
  network { name = "eastern_edge", weight = 5,  upload = "1Mbit/s",   download = "2Mbit/s",    rtt = "250ms" },
}

local by_name = { none = {}, indonesia = indonesia }
for i, name in ipairs { "urban_4g", "congested_4g", "3g", "home_fibre", "eastern_edge" } do
  by_name[name] = { indonesia[i] }
end

-- "none": as fast as this machine. "indonesia": the mix. Any other name: that network for everybody.
function networks.named(name)
  return by_name[name] or error(("networks '%s': expected none, indonesia, urban_4g, congested_4g, 3g, home_fibre or "
    .. "eastern_edge"):format(tostring(name)), 2)
end

return networks
