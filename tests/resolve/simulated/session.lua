-- One running Resolve: its scripts take turns, its user acts between their turns, and it can go wrong on demand.

local flavours, Prefs = require("flavours"), require("prefs")
local Resolve, Sandbox = require("resolve"), require("sandbox")

-- `host` is Python: now, file_exists, save_prefs, changed, print, called.
return function(world, flavour_name, prefs_text, host)
  local flavour = assert(flavours[flavour_name], "no such flavour")
  local scripts, session, errors = {}, {}, {}

  -- Faults befall a script inside a call: Python says which.  A script that is gone never takes another turn.
  local function called(name)
    local fault = host.called(name)
    while fault == "hang" and host.hanging() do coroutine.yield(0.02) end
    if fault == "end script" then coroutine.yield(math.huge) end
    if fault == "raise" then error("simulated failure of " .. name) end
  end

  local hooks = { called = called, changed = host.changed }
  local app, object = Resolve.new(world, flavour, hooks)
  local prefs = Prefs.new(prefs_text, host.save_prefs)
  local fusion = object(prefs)
  local around = {
    now = host.now, file_exists = host.file_exists, print = host.print,
    loadfile = function(path)
      if host.torn() then return nil, "unexpected end of file" end
      return loadfile(path)
    end,
  }

  -- Workspace > Scripts.
  function session.click(path)
    local chunk = assert(loadfile(path))
    setfenv(chunk, Sandbox.environment(flavour, around, app, fusion))
    scripts[#scripts + 1] = { routine = coroutine.create(chunk), wake = 0 }
  end

  function session.step()
    for index = #scripts, 1, -1 do
      local script = scripts[index]
      if script.wake <= host.now() then
        local ok, pause = coroutine.resume(script.routine)
        if not ok then errors[#errors + 1] = tostring(pause) end
        if coroutine.status(script.routine) == "dead" then
          table.remove(scripts, index)
        else
          script.wake = host.now() + (pause or 0)
        end
      end
    end
  end

  function session.running()
    local count = 0
    for _, script in ipairs(scripts) do
      if script.wake < math.huge then count = count + 1 end
    end
    return count
  end

  function session.errors() return table.concat(errors, "\n") end

  -- Studio lets Python in from outside, unless its preferences say no.
  function session.scriptapp()
    return flavour.product:find("Studio") and world.external ~= "none" and app or nil
  end

  session.names = Resolve.names

  -- A call from outside; hangs are the business of whoever asks.
  function session.invoke(target, method, ...)
    return target[method](target, ...)
  end

  -- Resolve saves its preferences when it quits.
  function session.quit() prefs.SavePrefs() end

  return session
end
