-- A photo of --set bytes=N, uploaded again and again. The bytes are drawn once and shared by all users.
local upload = step "upload photo"

local picture = photo { title = { "TEST CARD" }, stamp = "SPECIMEN", size = tonumber(setting("bytes", 1500000)) }

return scenario {
  description = "A photo, uploaded again and again.",
  journeys = { upload = { lasts = "10m", run = function()
    while true do
      upload(function() http.post("/upload", { multipart = { { name = "photo", file = picture } }, timeout = "10m" }) end)
    end
  end } },
}
