-- The journey for wrk: a page that contains a token, and a form that sends the token.
local page
local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
local token = "0123456789abcdef0123456789abcdef"
local page_is_next = true

function init()  -- only now does wrk know the Host header
  page = wrk.format("GET", "/page")
end

function request()
  page_is_next = not page_is_next
  if not page_is_next then return page end
  return wrk.format("POST", "/form", headers, "token=" .. token)
end

function response(status, _, body)
  token = string.match(body, 'name="token" value="([^"]+)"') or token
end
