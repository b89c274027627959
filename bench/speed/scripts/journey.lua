-- Two steps: a page that contains a token, and a form that sends the token. Repeated on one connection, or played once
-- by each of many strangers (--set rounds=1).
local open_page = step "open page"
local send_form = step "send form"

local page = setting("page", "/page")
local action = setting("form", "/form")
local pattern = setting("pattern", 'name="token" value="([^"]+)"')
local expected = { tonumber(setting("expect", 200)) }
local rounds = tonumber(setting("rounds", 1e9))

return scenario {
  description = "A page with a token, and a form that carries it.",
  journeys = {
    form = { run = function()
      for _ = 1, rounds do
        local token
        open_page(function() token = capture(http.get(page).body, pattern) end)
        send_form(function() http.post(action, { form = { token = token }, expect = expected }) end)
      end
    end },
  },
  loads = { even = constant_rate { rate = setting("rate", "100/s"), duration = setting("duration", "10s"), uniform = true } },
}
