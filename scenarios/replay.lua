-- Replays the GET and HEAD requests of an access log, each visitor's at the recorded times:
--   gelombang run replay.lua --set log=/var/log/nginx/access.log --speed 2 --target http://127.0.0.1:8080
local request = step "request"

local log = setting("log") or error("which log? give it with --set log=FILE", 0)

return scenario {
  description = "The visitors of an access log, each at the pace that was recorded.",

  journeys = {
    visitor = { run = function(person)
      if not person.session then error("this scenario plays the load 'recorded' only", 0) end
      for _, recorded in ipairs(person.session) do
        if recorded.method == "get" or recorded.method == "head" then
          wait_until(recorded.at)
          -- Continues after a failed page, as the recorded visitor did. A recorded error may be an error again.
          request:try(function()
            http[recorded.method](recorded.path, { redirects = 0, expect = recorded.status >= 400 and { 200, recorded.status } or nil })
          end)
        end
      end
    end },
  },

  loads = { recorded = replay.access_log(log, { gap = setting("gap", "30m") }) },
}
