-- What the scenarios know about the portal: its JSON API, and how to check its responses.
require "lib.people"  -- defines the shares that are used below

local portal = {}

-- Numbers that look like identity numbers but are not synthetic never leave this machine.
portal.guards = { guard.body { pattern = "16 digits", only = "00..........0000" } }

function portal.log_in(person)
  return http.post("/api/sessions", { json = { email = person.email, password = person.password }, expect = { 200 } })
end

-- The page that only a logged-in person sees.
function portal.expect_dashboard(response)
  local dashboard = response:json()
  check("the dashboard says how far the person is", type(dashboard.status) == "string")
  return dashboard
end

-- Checks that a page in Indonesian has the expected word.
function portal.expect_page(response, word)
  check("the page is " .. word, response.body:find(word, 1, true))
  return response
end

function portal.register(person)
  return http.post("/api/accounts", {
    json = { name = person.name, email = person.email, password = person.password, password_confirmation = person.password },
    expect = { 201 },
    -- "Already registered", after a double submit or an earlier try: for the person, that is an account.
    done_before = { status = 409, says = '"EMAIL_TAKEN"' },
  })
end

-- The mail "Verifikasi Email Sekarang", in the inbox or, for people who look there, in the spam folder.
function portal.wait_for_mail(person)
  local mail = mailbox.wait { to = person.email, link = "Verifikasi Email Sekarang", expected_within = "30s", give_up_after = "2m" }
  check("the mail is where the person looks", mail.folder == "inbox" or not person:will "ignores_spam", "mail_spam")
  return mail
end

-- The link leads to the dashboard and logs the person in.
function portal.follow(link)
  local page = http.get(link, { expect = { 200 } })
  check("the link leads to the dashboard", page.url:find("/dashboard", 1, true), "mail_link_bad")
  return page
end

function portal.submit_identity(person)
  return http.post("/api/identity", {
    json = { nik = person.nik, kk = person.kk, birth_date = person.birth_date },
    expect = { 200 },
  })
end

-- Sends a photo over HTTP/1.1, as the portal's mobile page does.
function portal.upload(photo, expect)
  return http.post("/api/id-card", {
    multipart = { { name = "photo", file = photo } },
    expect = expect or { 200 },
    timeout = "2m",
    patience = 6,  -- a moving progress bar keeps people waiting
    version = "1.1",
  })
end

-- Begins the aptitude test. Returns the number of its questions.
function portal.answer_test()
  local paper = http.get("/api/aptitude-test", { expect = { 200 } }):json()
  check("the test has questions", type(paper.questions) == "table" and #paper.questions > 0)
  return #paper.questions
end

-- Sends the photo as the phone took it: too large, or of a type that the portal does not accept. Returns whether it was
-- refused. A refusal is right, so it is no failure.
function portal.upload_as_taken(photo)
  return portal.upload(photo, { 200, 413, 415, 422 }).status ~= 200
end

function portal.join()
  return http.post("/api/waves/current/join", { json = { accept_terms = true }, expect = { 200, 201 } })
end

function portal.hand_in(person, questions)
  local answers = {}
  for i = 1, questions do answers[i] = random(0, 3) end
  return http.post("/api/aptitude-test", {
    json = { answers = answers },
    expect = { 200 },
    done_before = { status = 409, says = '"TEST_DONE"' },
  })
end

return portal
