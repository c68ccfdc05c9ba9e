-- Markers of one Cuemark analysis for DaVinci Resolve, every edition: Workspace > Scripts, one click.
--
-- Needs no daemon and reads no file.  Markers go on the open timeline if it has the rate they were made for: a marker that
-- is there already stays as it is, on an occupied frame ours goes to the nearest free one within half a second, and
-- nobody else's is touched.  All text below is hex, so that nothing anybody wrote is run as Lua.

local MARKS = nil -- Cuemark writes the markers here

-- What a method returns; nil where this version lacks it or where it raised.
local function try(object, method, ...)
  local arguments, count = { ... }, select("#", ...)
  local ok, value = pcall(function() return object[method](object, unpack(arguments, 1, count)) end)
  if ok then return value end
  return nil
end

local function unhex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Nobody sees this on Free 21.1, where print is muted.
local function say(text)
  if print then print("Cuemark: " .. text) end
end

local function read(get)
  local ok, value = pcall(get)
  return ok and value or nil
end

local function open_timeline()
  local host = read(function() return resolve end)
    or read(function() return Resolve() end)
    or read(function() return bmd.scriptapp("Resolve") end)
  local project = try(try(host, "GetProjectManager"), "GetCurrentProject")
  return try(project, "GetCurrentTimeline")
end

-- Told as a number, as text, and on old versions cut off: "29" for 29.97.
local function has_rate(timeline, wanted)
  local settings = try(timeline, "GetSettings")
  local told = type(settings) == "table" and settings.timelineFrameRate
  told = told or try(timeline, "GetSetting", "timelineFrameRate")
  local rate = tonumber(tostring(told):match("^[%d.]+"))
  if not rate then return false end
  return math.abs(rate - wanted) < 0.004 or (rate == math.floor(rate) and rate == math.floor(wanted))
end

local function markers_of(timeline)
  local markers = {}
  for frame, marker in pairs(try(timeline, "GetMarkers") or {}) do
    if type(frame) == "number" and type(marker) == "table" then markers[frame] = marker end
  end
  return markers
end

local function add(timeline, frame, duration, mark)
  local color, name, note, data = unhex(mark.color), unhex(mark.name), unhex(mark.note), unhex(mark.custom_data)
  if try(timeline, "AddMarker", frame, color, name, note, duration, data) then return true end
  -- Some builds refuse the sixth argument.  A marker without our id is taken off again: nobody could undo it.
  if not try(timeline, "AddMarker", frame, color, name, note, duration) then return false end
  if try(timeline, "UpdateMarkerCustomData", frame, data) then return true end
  try(timeline, "DeleteMarkerAtFrame", frame)
  return false
end

-- The nearest frame without a marker, the later of two; nil where there is none within reach.
local function free_frame(markers, wanted, length, reach)
  for distance = 0, reach do
    for _, frame in ipairs({ wanted + distance, wanted - distance }) do
      if frame >= 0 and frame < length and not markers[frame] then return frame end
    end
  end
  return nil
end

local function place(timeline, rate)
  local markers, held = markers_of(timeline), {}
  for _, marker in pairs(markers) do held[marker.customData or ""] = true end
  local length = (try(timeline, "GetEndFrame") or 0) - (try(timeline, "GetStartFrame") or 0)
  local done, left = 0, 0
  for _, mark in ipairs(MARKS.markers) do
    if not held[unhex(mark.custom_data)] then
      local inside = mark.frame >= 0 and mark.frame + mark.duration <= length
      local frame = inside and free_frame(markers, mark.frame, length, math.floor(rate / 2))
      if frame and add(timeline, frame, math.min(mark.duration, length - frame), mark) then
        markers[frame], done = mark, done + 1
      else
        left = left + 1
      end
    end
  end
  say(done .. " markers added, " .. left .. " left out.")
end

local function take_off(timeline)
  local prefix, done = unhex(MARKS.prefix), 0
  for frame, marker in pairs(markers_of(timeline)) do
    local is_ours = (marker.customData or ""):sub(1, #prefix) == prefix
    if is_ours and try(timeline, "DeleteMarkerAtFrame", frame) then done = done + 1 end
  end
  say(done .. " markers removed.")
end

local timeline = open_timeline()
local rate = MARKS.rate.numerator / MARKS.rate.denominator
if not timeline then
  say("open a timeline first.")
elseif MARKS.remove then
  take_off(timeline)
elseif not has_rate(timeline, rate) then
  say("these markers are for a timeline of " .. string.format("%.3f", rate) .. " frames per second.")
else
  place(timeline, rate)
end
