-- The Resolve object and below it, over a world that the test wrote.

local Timeline = require("timeline")
local Resolve = {}

local methods_of = setmetatable({}, { __mode = "k" })

-- The names of an object's methods, as dir() lists them in Python.
function Resolve.names(proxy)
  local names = {}
  for name in pairs(methods_of[proxy]) do names[#names + 1] = name end
  return names
end

-- `host.called(name)` is told of every call and may answer "raise"; `host.changed(timeline, frame)` of every marker.
function Resolve.new(world, flavour, host)
  -- API objects are userdata: a missing method is nil, `pairs` and `#` throw.
  local function object(methods)
    local proxy = newproxy(true)
    local meta = getmetatable(proxy)
    methods_of[proxy] = methods
    meta.__index = function(_, name)
      local method = methods[name]
      if not method then return nil end
      return function(self, ...)
        if self ~= proxy then error("called without its object") end
        host.called(name)
        return method(...)
      end
    end
    meta.__metatable = "Resolve object"
    return proxy
  end

  local function changed(timeline, frame) host.changed(timeline.id, frame, timeline.markers[frame]) end

  local timelines = {}
  for index, timeline in ipairs(world.timelines) do
    timelines[index] = Timeline.object(timeline, world, flavour, object, changed)
  end

  local project = {}
  function project.GetName() return world.project end
  function project.GetUniqueId() return world.project_id end
  function project.GetTimelineCount() return #timelines end
  function project.GetTimelineByIndex(index) return timelines[index] end
  function project.GetCurrentTimeline() return timelines[world.current] end
  -- What nobody may do without being asked; the words of a job are in the user's language.
  function project.AddRenderJob() return "" end
  function project.StartRendering() return false end
  function project.GetRenderJobStatus() return { JobStatus = "Concluído", CompletionPercentage = 100, Error = "" } end
  function project.SetCurrentTimeline() return true end
  function project.SetSetting() return false end
  Timeline.add_settings(project, world.timelines[1] or { rate = { 24, 1 }, start_tc = "01:00:00:00" }, flavour)
  local project_object = object(project)

  local manager = {}
  function manager.GetCurrentDatabase() return { DbType = "Disk", DbName = "Local Database" } end
  function manager.GetCurrentProject() return world.project and project_object or nil end
  function manager.SaveProject() return false end
  local manager_object = object(manager)

  local app = {}
  function app.GetProductName() return flavour.product end
  function app.GetVersion() return flavour.version end
  function app.GetVersionString()
    return table.concat({ flavour.version[1], flavour.version[2], flavour.version[3] }, ".")
  end
  function app.OpenPage(page)
    world.page = page
    return true
  end
  function app.GetProjectManager() return manager_object end
  if flavour.is_studio then
    function app.IsStudio() return flavour.product:find("Studio") ~= nil end
  end
  return object(app), object
end

return Resolve
