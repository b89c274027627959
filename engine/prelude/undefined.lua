-- Undefined names ---------------------------------------------------------------------------------

-- Lua finds a mistyped global only when a journey reads it, which may be late in a run. The bytecode of a loaded file
-- names every global that its functions read.
local util, bit = require("jit.util"), require("bit")
local reads_global = bit.band(util.funcbc(loadstring("return x"), 1), 0xff)

local function check_names(code, nested)
  local about = util.funcinfo(code)
  -- The top of a file has already run without an undefined name. It may test for a global that does not exist yet.
  for at = 1, nested and about.bytecodes - 1 or 0 do
    local instruction = util.funcbc(code, at)
    if bit.band(instruction, 0xff) == reads_global then
      local name = util.funck(code, -bit.rshift(instruction, 16) - 1)
      if rawget(globals, name) == nil then
        error(format("%s:%d: '%s' is not defined", about.source:sub(2), util.funcinfo(code, at).currentline, name), 0)
      end
    end
  end
  if not about.children then return end
  for at = -1, -about.gcconsts, -1 do
    local inner = util.funck(code, at)
    if type(inner) == "proto" then check_names(inner, true) end
  end
end

