-- The scenario of the self-test: one journey, chosen by the setting "stage", against the server of selftest/server.cpp.
-- Each stage has its own load. The expectations are in selftest/stages.cpp.

local refused = "http://127.0.0.1:" .. setting("refused", "1") .. "/"

local function open_load(rate, duration)
  return { all = constant_rate { rate = rate, duration = duration, uniform = true } }
end

local stages = {}

function stages.delays()
  local answer = step "answer"
  return open_load("60/s", "4s"), function()
    answer(function() http.get("/mixed") end)
  end
end

function stages.errors()
  local names = { "refused", "reset", "closed", "partial", "garbage", "silent", "unavailable", "missing" }
  local steps = {}
  for i, name in ipairs(names) do steps[i] = step(name) end
  return { all = iterations { users = 3, iterations = 12 } }, function()
    for i, name in ipairs(names) do
      steps[i]:try(function() http.get(name == "refused" and refused or "/" .. name, { timeout = name == "silent" and 0.25 or 5 }) end)
    end
  end
end

function stages.phases()
  local wait, receive, send = step "wait", step "receive", step "send"
  local body = ("x"):rep(1500000)
  return { all = iterations { users = 4, iterations = 24 } }, function()
    wait(function() http.get("/delay") end)
    receive(function() http.get("/slow_body") end)
    send(function() http.post("/slow_reader", { body = body, content_type = "text/plain" }) end)
  end
end

local function quick(rate, duration)
  return function()
    local answer = step "answer"
    return open_load(rate, duration), function()
      answer(function() http.get("/quick") end)
    end
  end
end
stages.freeze = quick("100/s", "4s")
stages.capped = quick("100/s", "5s")
stages.burst = quick("100/s", "1500ms")
stages.skip = quick("100/s", "1500ms")

function stages.censoring()
  local answer = step "answer"
  return open_load("21/s", "1s"), function()
    answer(function() http.get("/every_third_hangs") end)
  end
end

local loads, run = stages[setting("stage")]()
return scenario { loads = loads, journeys = { stage = { lasts = "1s", run = run } } }
