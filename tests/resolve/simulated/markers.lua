-- The markers of one timeline, with the ways in which Resolve does not say that something went wrong.

local Markers = {}

local COLOURS = {}
for colour in ("Blue Cyan Green Yellow Red Pink Purple Fuchsia Rose Lavender Sky Mint Lemon Sand Cocoa Cream"):gmatch("%a+") do
  COLOURS[colour] = true
end

-- `timeline` is the world's table, `changed(timeline, frame)` is told of every change.
function Markers.methods(timeline, flavour, changed)
  local held = timeline.markers
  local methods = {}

  local function frames()
    local sorted = {}
    for frame in pairs(held) do sorted[#sorted + 1] = frame end
    table.sort(sorted)
    return sorted
  end

  local function first_with(data)
    for _, frame in ipairs(frames()) do
      if held[frame].customData == data then return frame end
    end
    return nil
  end

  local function drop(frame)
    if timeline.locked or not frame or not held[frame] then return false end
    held[frame] = nil
    changed(timeline, frame)
    return true
  end

  -- No check of the range, no exception on an occupied frame.
  function methods.AddMarker(...)
    local frame, colour, name, note, duration, data = ...
    if flavour.five_arguments and select("#", ...) > 5 then return false end
    if timeline.locked or held[frame] or not COLOURS[colour] or duration < 1 then return false end
    held[frame] = { color = colour, name = name, note = note, duration = duration, customData = data or "" }
    changed(timeline, frame)
    return true
  end

  function methods.GetMarkers()
    local copy = {}
    for frame, marker in pairs(held) do
      copy[frame] = { __flags = 256 }
      for key, value in pairs(marker) do copy[frame][key] = value end
    end
    if next(copy) == nil then return nil end
    copy.__flags = 256
    return copy
  end

  function methods.GetMarkerByCustomData(data)
    local frame = first_with(data)
    return frame and { [frame] = held[frame] } or nil
  end

  function methods.GetMarkerCustomData(frame) return held[frame] and held[frame].customData or "" end

  function methods.UpdateMarkerCustomData(frame, data)
    if timeline.locked or not held[frame] then return false end
    held[frame].customData = data
    changed(timeline, frame)
    return true
  end

  function methods.DeleteMarkerAtFrame(frame) return drop(frame) end

  function methods.DeleteMarkerByCustomData(data) return drop(first_with(data)) end

  function methods.DeleteMarkersByColor(colour)
    local any = false
    for _, frame in ipairs(frames()) do
      if colour == "All" or held[frame].color == colour then any = drop(frame) or any end
    end
    return any
  end

  return methods
end

return Markers
