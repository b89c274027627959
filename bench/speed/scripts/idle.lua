-- One page, then a long look at it: a user with an open connection who does nothing.
local open_page = step "open page"

return scenario {
  description = "A page, and ten minutes of nothing.",
  journeys = { idle = { lasts = "10m", run = function()
    open_page(function() http.get("/page") end)
    sleep("10m")
  end } },
}
