-- What a script finds around it when it is started from the menu.

local Sandbox = {}

local SAFE = {
  "assert", "error", "ipairs", "next", "pairs", "pcall", "xpcall", "rawget", "rawset", "rawequal", "select", "tonumber",
  "tostring", "type", "unpack", "setmetatable", "getmetatable", "setfenv", "getfenv", "loadstring", "string", "table",
  "math", "bit", "coroutine",
}
local FULL = { "io", "os", "require", "package", "debug", "jit", "load", "module", "newproxy", "collectgarbage" }

-- bmd.wait gives way to the other scripts; the world goes on meanwhile.
local function bmd_of(host)
  return {
    wait = function(seconds) coroutine.yield(seconds) end,
    gettime = host.now,
    fileexists = host.file_exists,
  }
end

-- A fresh environment for one click.
function Sandbox.environment(flavour, host, app, fusion)
  local env = { bmd = bmd_of(host), _VERSION = _VERSION }
  for _, name in ipairs(SAFE) do env[name] = _G[name] end
  env._G = env
  env.loadfile = host.loadfile
  env.dofile = function(path) return assert(host.loadfile(path))() end
  if flavour.sandbox then
    env.os = { getenv = os.getenv, time = os.time, clock = os.clock, date = os.date }
    env.print = function() end
  else
    for _, name in ipairs(FULL) do env[name] = _G[name] end
    env.print = host.print
  end
  if flavour.resolve_global == "resolve" then
    env.resolve = app
  else
    env.Resolve = function() return app end
  end
  env[flavour.fusion_global] = fusion
  return env
end

return Sandbox
