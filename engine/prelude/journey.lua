-- HTTP --------------------------------------------------------------------------------------------

local request_options = set("headers", "query", "json", "form", "body", "content_type", "multipart", "expect", "timeout",
  "connect_timeout", "redirects", "version", "expect_continue", "patience", "done_before", "max_body")

-- A list repeats its name for each value, as a form does that has several boxes of one name.
local function add_field(fields, values, name, what)
  local value = values[name]
  if type(value) ~= "table" or private[value] then
    fields[#fields + 1] = native.encode(name) .. "=" .. native.encode(sendable(value, what, name))
    return
  end
  for _, one in ipairs(expect_list(value, format("%s: '%s'", what, name))) do
    fields[#fields + 1] = native.encode(name) .. "=" .. native.encode(sendable(one, what, name))
  end
end

local function encode_form(values, what)
  -- A shortcut: most forms hold a single text.
  local only, value = next(expect_table(values, what))
  if type(only) == "string" and type(value) == "string" and next(values, only) == nil then
    return native.encode(only) .. "=" .. native.encode(value)
  end
  local names, fields = {}, {}
  for name in pairs(values) do
    if type(name) ~= "string" then blame(format("%s: %s is no name: expected { name = value }", what, kind_of(name))) end
    names[#names + 1] = name
  end
  sort(names)
  for _, name in ipairs(names) do add_field(fields, values, name, what) end
  return concat(fields, "&")
end

local Response = { __metatable = false }
Response.__index = Response

-- The first header of that name, ignoring case; nil if there is none.
function Response:header(name)
  local head = "\n" .. self.head
  local begin, stop = find(lower(head), "\n" .. lower(name) .. ": ", 1, true)
  if not begin then return nil end
  return match(head, "([^\r\n]*)", stop + 1)
end

-- Only the beginning of a longer body was kept. If a script reads this body and fails the step, it met a limit of ours,
-- and the step is not judged.
local Cut = { __metatable = false }
function Cut.__index(response, name)
  if name ~= "body" then return Response[name] end
  native.met_limit()
  return response.kept
end

-- The body as JSON. A body that is not JSON fails the step. The depth of nesting is a limit of ours.
function Response:json()
  local body = self.body
  local value, problem = native.json_decode(body)
  if value ~= nil then return value end
  if find(problem, "too deep", 1, true) then native.met_limit() end
  return fail("assert_body", "json", problem, body)
end

local part_keys = set("name", "value", "file", "filename", "type")

-- A text of a part, or nil.
local function part_text(part, key, i)
  local text = part[key]
  if text ~= nil and type(text) ~= "string" then
    blame(format("multipart: part %d: %s is %s: expected a text", i, key, kind_of(text)))
  end
  return text
end

-- `file` is what photo() drew, or a text.
local function add_file(part, i)
  local file, made = part.file, {}
  if type(file) == "table" then
    file, made = file.data, file
    if type(file) ~= "userdata" and type(file) ~= "string" then
      blame(format("multipart: part %d: file is a table: expected a photo or a text", i))
    end
  else
    file = sendable(file, "multipart", part.name)
  end
  native.http_part(part.name, part_text(part, "filename", i) or part_text(made, "filename", i) or "file",
    part_text(part, "type", i) or part_text(made, "type", i) or "application/octet-stream", file)
end

local function add_parts(parts)
  for i, part in ipairs(expect_list(parts, "multipart")) do
    only_keys(expect_table(part, "multipart: part " .. i), "multipart: part " .. i, part_keys)
    if type(part.name) ~= "string" then blame(format("multipart: part %d has no name", i)) end
    if part.file ~= nil then
      add_file(part, i)
    else
      if part.value == nil then blame(format("multipart: part %d has neither a value nor a file", i)) end
      native.http_part(part.name, "", part_text(part, "type", i) or "", sendable(part.value, "multipart", part.name))
    end
  end
end

local function set_type(options, usual)
  native.http_header("Content-Type", options.content_type and sendable(options.content_type, "http", "content_type") or usual)
end

local function set_body(options)
  if options.json ~= nil then
    set_type(options, "application/json")
    native.http_body(native.json_encode(options.json, "json"))
  elseif options.form then
    set_type(options, "application/x-www-form-urlencoded")
    native.http_body(encode_form(options.form, "form"))
  elseif options.multipart then
    add_parts(options.multipart)
  elseif options.body then
    set_type(options, "application/octet-stream")
    native.http_body(sendable(options.body, "http", "body"))
  end
end

-- The lists that were already checked: most scripts pass the same list with each request.
local expected_lists = setmetatable({}, { __mode = "k" })

local function add_expected(list)
  if not expected_lists[list] then
    expect_list(list, "expect")
    expected_lists[list] = true
  end
  for _, status in ipairs(list) do native.http_expect(whole(status, "expect", 100, 999)) end
end

local function set_options(options)
  if options.headers then
    for name, value in pairs(expect_table(options.headers, "headers")) do
      if type(name) ~= "string" then blame(format("headers: %s is no name: expected { name = value }", kind_of(name))) end
      native.http_header(name, sendable(value, "headers", name))
    end
  end
  set_body(options)
  if options.expect then add_expected(options.expect) end
  if options.done_before then
    local done = expect_table(options.done_before, "done_before")
    only_keys(done, "done_before", set("status", "says"))
    if type(done.says) ~= "string" or done.says == "" then blame("done_before: says is missing: expected a text that the body holds") end
    native.http_done_before(whole(done.status, "done_before: status", 100, 999), done.says)
  end
  if options.timeout then native.http_timeout(positive(options.timeout, "timeout")) end
  if options.connect_timeout then native.http_connect_timeout(positive(options.connect_timeout, "connect_timeout")) end
  if options.redirects then native.http_redirects(whole(options.redirects, "redirects", 0, 1000)) end
  if options.max_body ~= nil then native.http_max_body(whole(options.max_body, "max_body", 0, 67108864)) end
  if options.patience then
    if type(options.patience) ~= "number" or not (options.patience > 0 and options.patience <= 1e6) then
      blame(format("patience is %s: expected a factor above 0, at most 1e6 (2 = twice the patience for a page)", tostring(options.patience)))
    end
    native.http_patience(options.patience)
  end
  if options.expect_continue then native.http_expect_continue() end
  if options.version then
    if options.version ~= "1.1" then blame(format("version '%s': expected \"1.1\"", tostring(options.version))) end
    native.http_version_1_1()
  end
end

-- `method` is the method's number; `what` is "http." and the method.
local function request(method, what, url, options)
  if type(url) ~= "string" then blame(format("%s takes a URL or a path such as \"/masuk\"", what)) end
  if options then only_keys(expect_table(options, what), what, request_options) end
  if options and options.query then url = url .. (find(url, "?", 1, true) and "&" or "?") .. encode_form(options.query, "query") end
  if loading or not native.http_begin(method, url) then in_step(what) end
  if options then set_options(options) end
  local status, body, final_url, head, class, cut = native.http_send()
  if class then return fail(class) end
  if cut then return setmetatable({ status = status, kept = body, url = final_url, head = head }, Cut) end
  return setmetatable({ status = status, body = body, url = final_url, head = head }, Response)
end

http = {}
for number, method in ipairs(native.http_methods()) do
  local what = "http." .. method
  http[method] = function(url, options) return request(number, what, url, options) end
end

-- The value of one of this user's cookies for the target; nil if there is none.
function http.cookie(name)
  in_step("http.cookie")
  local value = native.cookie(tostring(name))
  if value ~= "" then return value end
  return nil
end

-- Judging -----------------------------------------------------------------------------------------

-- What a check looked at, as a text.
local function shown(value)
  if value == nil or type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  return type(value) == "userdata" and native.exact_text(value) or kind_of(value)
end

local function looked_at(...)
  if select("#", ...) > 0 then return shown((...)) or "nil" end
end

-- A false check fails the step. `class` is an error class of the application layer. A further argument is kept as what
-- was judged, instead of the step's last answer.
function check(what, holds, class, ...)
  if type(what) ~= "string" then blame("check takes a text and a condition") end
  in_step("check")
  if not holds then return fail(native.application_class(class or "assert_body"), "check", what, looked_at(...)) end
  return holds
end

-- The text that every match of a pattern begins with; "" if there is none. Lua tries a pattern at each position of a
-- page; a plain search for its beginning is far faster.
local beginnings, known_beginnings = {}, 0

local function beginning_of(pattern)
  local plain = beginnings[pattern]
  if plain then return plain end
  plain = match(pattern, "^[%w%s_=\"'<>/:;,&#!@{}~|]*")
  if find(pattern, "^[%*%+%-%?]", #plain + 1) then plain = sub(plain, 1, -2) end  -- its last character may be repeated
  if known_beginnings == 256 then beginnings, known_beginnings = {}, 0 end
  beginnings[pattern] = plain
  known_beginnings = known_beginnings + 1
  return plain
end

-- The first capture of a Lua pattern in a text. A text without a match fails the step.
function capture(text, pattern, class)
  in_step("capture")
  text = to_text(text)
  local from = type(pattern) ~= "string" and 1 or find(text, beginning_of(pattern), 1, true)
  local found = from and match(text, pattern, from)
  if not found then return fail(native.application_class(class or "assert_body"), "capture", pattern, text) end
  return found
end

function conformance(rule, row)
  if loading then blame("conformance belongs inside a journey") end
  only_keys(expect_table(row, "conformance"), "conformance", set("expected", "got"))
  native.conformance(to_text(rule), to_text(row.expected), to_text(row.got))
end

-- Time and chance ---------------------------------------------------------------------------------

-- A pause of a person who reads. Log-normal: 5 % of the pauses are shorter than `shortest`, 5 % longer than `longest`.
function think(shortest, longest)
  if loading then blame("think belongs inside a journey") end
  local from = positive(shortest, "think")
  local to = positive(longest or shortest, "think")
  if to < from then blame("think: the second time is shorter than the first") end
  native.think(from, to)
end

function sleep(time)
  if loading then blame("sleep belongs inside a journey") end
  native.sleep(seconds(time, "sleep"))
end

-- Waits until `time` after the intended start of this pass, as in a recorded session; not at all if that has passed.
function wait_until(time)
  if loading then blame("wait_until belongs inside a journey") end
  native.wait_until(seconds(time, "wait_until"))
end

-- random(): [0, 1). random(n): 1 to n. random(m, n): m to n. Reproducible from the run's seed.
function random(m, n)
  if loading then blame("random belongs inside a journey: its result depends on the iteration") end
  if m == nil then return native.uniform() end
  if n == nil then m, n = 1, m end
  if type(m) ~= "number" or type(n) ~= "number" then blame("random takes numbers") end
  if not (m <= n) then blame(format("random: there is no number from %s to %s", tostring(m), tostring(n))) end
  return m + floor(native.uniform() * (n - m + 1))
end
math.random = random
math.randomseed = nil

-- Mail --------------------------------------------------------------------------------------------

local mail_options = set("to", "link", "expected_within", "give_up_after")

mailbox = {}

-- Waits for the mail that the last request caused. A lost mail, or one without the link, fails the step.
function mailbox.wait(options)
  in_step("mailbox.wait")
  only_keys(expect_table(options, "mailbox.wait"), "mailbox.wait", mail_options)
  if type(options.to) ~= "string" then blame("mailbox.wait: to is missing: the recipient's address") end
  local expected = positive(options.expected_within or "30s", "mailbox.wait: expected_within")
  local give_up = positive(options.give_up_after or (expected > 120 and expected or 120), "mailbox.wait: give_up_after")
  if give_up < expected then blame("mailbox.wait: give_up_after is shorter than expected_within") end
  local class, folder, delay, late, subject, link = native.mail_wait(options.to, options.link or "", expected, give_up)
  if class ~= "none" then
    local holding = options.link and format(" with a link that holds '%s',", options.link) or ""
    return fail(class, "mailbox.wait", format("a mail%s within %s s", holding, written(give_up)))
  end
  return { folder = folder, delay = delay, late = late, subject = subject, link = link }
end

-- The longest wait for a mail, in seconds, as far as the text of a loaded file tells it; 0: nobody waits. `check`
-- compares it with the end of the run. The constants of a table constructor are a table in the bytecode.
local longest_mail_wait = 0

local function literal(value) return type(value) == "number" and value or native.parse_duration(tostring(value)) or 0 end

local function note_mail_waits(code)
  local about = util.funcinfo(code)
  local seen, written = {}, 0
  for at = -1, -about.gcconsts, -1 do
    local constant = util.funck(code, at)
    if type(constant) == "proto" then
      note_mail_waits(constant)
    elseif type(constant) == "string" then
      seen[constant] = true
    elseif type(constant) == "table" and (constant.give_up_after or constant.expected_within) then
      local give_up = constant.give_up_after and literal(constant.give_up_after)
      written = math.max(written, give_up or math.max(literal(constant.expected_within), 120))
    end
  end
  if not (seen.mailbox and seen.wait) or seen.give_up_after then return end  -- nobody waits, or the time is computed
  longest_mail_wait = math.max(longest_mail_wait, written > 0 and written or 120)
end

-- Photos and settings -----------------------------------------------------------------------------

-- Draws a photo while the file loads; the bytes are shared by all users. See docs/photos.md.
function photo(options)
  at_load("photo")
  local data, size, kind, name, problem = native.photo(expect_table(options, "photo"))
  if not data then blame("photo: " .. problem) end
  return { data = data, size = size, type = kind, filename = name }
end

target = settings.target
run = { seed = settings.seed }

local asked = {}  -- settings that the scenario has asked for

-- A value of --set key=value, else the default.
function setting(key, default)
  asked[tostring(key)] = true
  local value = settings.values[key]
  if value == nil then return default end
  return value
end

-- A value of --set-secret. It may be sent, but it is removed from everything that is shown.
function secret(key)
  local value = settings.secrets[key]
  if value == nil then blame(format("secret '%s' is missing: give it with --set-secret %s=@FILE", tostring(key), tostring(key))) end
  return value
end

function log(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = to_text((select(i, ...))) end
  native.log(concat(words, " "))
end
print = log

-- The sandbox of the scenario ---------------------------------------------------------------------

os = { clock = os.clock, time = os.time, date = os.date }
for _, name in ipairs { "io", "ffi", "jit", "debug", "package", "module", "coroutine", "loadfile", "dofile", "load", "loadstring",
  "newproxy", "getfenv", "setfenv", "collectgarbage", "gcinfo" } do
  globals[name] = nil
end
string.dump = nil
-- All code shares the string methods, so a scenario must not replace them.
getmetatable("").__metatable = false

local function freeze()
  loading = false
  set_raw_metatable(globals, {
    __newindex = function(_, name)
      blame(format("global '%s' is assigned inside a journey: all users would share it; write local %s", tostring(name), tostring(name)))
    end,
    __index = function(_, name) blame(format("'%s' is not defined", tostring(name))) end,
    __metatable = false,
  })
end

-- What C++ calls -----------------------------------------------------------------------------------

local host = { steps = steps, freeze = freeze, asked = asked }

function host.mail_wait() return longest_mail_wait end

-- `kind`: scenario or watch.
function host.load(chunk, kind)
  local ok, result = run_chunk(chunk)
  if not ok then error(result, 0) end
  for _, file in ipairs(chunks) do
    check_names(file)
    note_mail_waits(file)
  end
  return is(result, kind) or error(format("the file returns no %s: end it with return %s { ... }", kind, kind), 0)
end

-- The body of a virtual user's coroutine.
function host.play(body, person, behaviour_number)
  setmetatable(person, behaviours[behaviour_number].class)
  while true do
    local ok, problem = xpcall(body, on_error, person)
    if ok then return "success" end
    if getmetatable(problem) ~= Failure then return "script_error", tostring(problem) end
    if problem.left then return "left" end
    if not problem.restart then return "failure" end
  end
end

return host
