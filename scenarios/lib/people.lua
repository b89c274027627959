-- Three ways to put up with a portal during a registration wave. Choose one with --set people=patient. The figures are
-- estimates from what applicants told the press, see docs/people.md.
local people = {}

-- Pauses of hours do not fit into a short run: --set hurry=60 turns a minute of pause into a second. Patience does not
-- change, because the portal does not hurry.
local hurry = tonumber(setting("hurry", "1"))
if not hurry or hurry <= 0 then error("--set hurry: expected a number above 0, by which gaps and pauses are shortened", 0) end
local seconds, minutes, hours = 1 / hurry, 60 / hurry, 3600 / hurry

-- These shares apply to all people, however patient they are.
local shares = {
  never_open_mail = 0.26,                                 -- 74 % of those who registered for wave 1 verified
  ignores_spam = 0.40,                                    -- never looks into the spam folder
  photo = { large = 0.30, huge = 0.10, heic = 0.05 },     -- sent as the phone took it; others make it smaller first
}

local all = {
  -- Most people, when a place in the programme is at stake: bursts of tries, "tonight or tomorrow", no back-off.
  applicant = behaviour {
    name = "applicant",
    patience = { median = "10s", p90 = "30s" },
    reload = 0.7,
    burst = { 2, 5 },
    gap = { 5 * seconds, 30 * seconds },
    pauses = { { 0.6, 10 * minutes, 60 * minutes }, { 0.4, 6 * hours, 18 * hours } },
    attempts = { median = 4, p90 = 15 },
    double_submit = 0.05,
    shares = shares,
  },
  -- Waits for a page and comes back for days.
  patient = behaviour {
    name = "patient",
    patience = { median = "40s", p90 = "2m" },
    reload = 0.3,
    burst = { 1, 3 },
    gap = { 20 * seconds, 120 * seconds },
    pauses = { { 0.5, 10 * minutes, 60 * minutes }, { 0.5, 6 * hours, 18 * hours } },
    attempts = { median = 12, p90 = 40 },
    double_submit = 0.01,
    shares = shares,
  },
  -- Waits forever and tries once: the crowd that retry amplification compares with.
  calm = behaviour { name = "calm", shares = shares },
}

-- The behaviour of that name, or of --set people=NAME.
function people.named(name)
  name = setting("people", name)
  return all[name] or error("--set people: no behaviour is called '" .. name .. "': expected applicant, patient or calm", 0)
end

return people
