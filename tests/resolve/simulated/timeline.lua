-- Timelines and their items, as scripts see them.  Frames of items are absolute, frames of markers are not.

local Markers = require("markers")
local Timeline = {}

local function nominal(rate) return math.floor(rate[1] / rate[2] + 0.5) end

local function is_drop(label) return label:find(";", 1, true) ~= nil end

local function skipped_labels(label, rate) return is_drop(label) and nominal(rate) / 15 or 0 end

-- The frame a label names, counted label by label as timecode is.
local function frame_of(label, rate)
  local hours, minutes, seconds, frames = label:match("(%d+):(%d+):(%d+)[:;](%d+)")
  minutes = hours * 60 + minutes
  local dropped = skipped_labels(label, rate) * (minutes - math.floor(minutes / 10))
  return (minutes * 60 + seconds) * nominal(rate) + frames - dropped
end

-- The other way round by search, so that no formula of the code under test is repeated here.
local function label_of(frame, rate, drop)
  local per_second = nominal(rate)
  local skip = drop and per_second / 15 or 0
  local minute = 0
  local function first(m) return m * 60 * per_second - skip * (m - math.floor(m / 10)) end
  while first(minute + 1) <= frame do minute = minute + 1 end
  local rest = frame - first(minute) + (minute % 10 ~= 0 and skip or 0)
  return string.format(
    "%02d:%02d:%02d%s%02d", math.floor(minute / 60), minute % 60, math.floor(rest / per_second), drop and ";" or ":",
    rest % per_second
  )
end

-- "29.97", "25"; where old versions cut it off, "29.0".
local function rate_text(rate, cut)
  if cut and rate[2] ~= 1 then return string.format("%.1f", math.floor(rate[1] / rate[2])) end
  return (string.format("%.3f", rate[1] / rate[2]):gsub("%.?0+$", ""))
end

local function rate_number(rate) return tonumber(rate_text(rate)) end

-- Frames of media that an item plays: whole frames, rounded.
local function span_of(item, timeline)
  local seconds = item.duration * timeline.rate[2] / timeline.rate[1]
  local rate = item.media.rate
  return math.floor(seconds * item.speed[1] / item.speed[2] * rate[1] / rate[2] + 0.5)
end

-- First and end frame of the media as Resolve tells them: the end is exclusive where the rates are the same and
-- inclusive where they differ; items of imported timelines tell 0 and 0.  Reversed items tell the range of a forward
-- one the other way round, as an EDL has it, or (`mirrored`) the frame they begin with and the one behind the last.
local function source_of(item, timeline)
  if item.imported then return 0, 0 end
  local span = item.ramp_span or span_of(item, timeline)
  local rate, own = item.media.rate, timeline.rate
  local inclusive = (rate[1] ~= own[1] or rate[2] ~= own[2]) and 1 or 0
  if item.reversed and item.mirrored then return item.first, item.first - span + inclusive end
  if item.reversed then return item.first + 1 - inclusive, item.first + 1 - span end
  return item.first, item.first + span - inclusive
end

-- Position over speed, in a subclip from its own first frame: exact at 100 %, warped where the item is retimed.
local function left_offset(item)
  if item.ramp_offset then return item.ramp_offset end
  return math.floor((item.first - item.media.start) * item.speed[2] / item.speed[1] + 0.5)
end

-- 21.1: in percent, 0 for a still frame; what it is in the item's first stretch where the speed changes.
local function speed_of(item)
  if item.ramp_speed then return item.ramp_speed end
  return (item.reversed and -100 or 100) * item.speed[1] / item.speed[2]
end

local function media_methods(media, flavour)
  local methods = {}
  function methods.GetName() return media.name end
  function methods.GetUniqueId() return media.id end
  function methods.GetClipProperty(key)
    local all = {
      ["File Path"] = media.path, ["Type"] = media.kind, ["Start TC"] = media.start_tc,
      ["Frames"] = tostring(media.frames), ["FPS"] = flavour.plural and rate_number(media.rate) or rate_text(media.rate),
      ["Start"] = tostring(media.start), ["Online Status"] = "Localised", __flags = 256,
    }
    if key then return all[key] end
    return all
  end
  return methods
end

local function item_methods(item, timeline, flavour, object)
  local methods = {}
  local first = frame_of(timeline.start_tc, timeline.rate)
  function methods.GetName() return item.name end
  function methods.GetUniqueId() return item.id end
  function methods.GetStart() return first + item.start end
  function methods.GetEnd() return first + item.start + item.duration end
  function methods.GetDuration() return item.duration end
  function methods.GetClipEnabled() return not item.disabled end
  function methods.GetMediaPoolItem() return item.media and object(media_methods(item.media, flavour)) end
  local function properties() return item.transition and { __flags = 256 } or { ZoomX = 1, __flags = 256 } end
  methods[flavour.plural and "GetProperties" or "GetProperty"] = properties
  if item.media then
    function methods.GetSourceStartFrame() return (source_of(item, timeline)) end
    function methods.GetSourceEndFrame() return (select(2, source_of(item, timeline))) end
    function methods.GetLeftOffset() return left_offset(item) end
    if flavour.speed and not item.mute_speed then
      function methods.GetSpeed()
        return { Percentage = speed_of(item), PitchCorrection = true, RippleTimeline = false, __flags = 256 }
      end
    end
    -- Seconds of the media's timecode, not of the file.
    function methods.GetSourceStartTime()
      return (frame_of(item.media.start_tc, item.media.rate) + item.first) * item.media.rate[2] / item.media.rate[1]
    end
  end
  return methods
end

local function length_of(timeline)
  local length = timeline.length or 0
  for _, track in ipairs(timeline.tracks) do
    for _, item in ipairs(track) do length = math.max(length, item.start + item.duration) end
  end
  return length
end

-- Settings as project and timeline tell them.
function Timeline.add_settings(methods, timeline, flavour)
  local drop = is_drop(timeline.start_tc)
  if flavour.plural then
    function methods.GetSettings()
      return {
        timelineFrameRate = rate_number(timeline.rate), timelineDropFrameTimecode = drop and "1" or "0",
        timelineResolutionWidth = "1920", __flags = 256,
      }
    end
  end
  if flavour.singular then
    function methods.GetSetting(key)
      local all = {
        timelineFrameRate = rate_text(timeline.rate, flavour.cut_rates), timelineDropFrameTimecode = drop and "1" or "0",
      }
      if not key then return all end
      return all[key] or ""
    end
  end
end

-- `object` makes what scripts get from methods; `world` is for what is open.
function Timeline.object(timeline, world, flavour, object, changed)
  local methods = Markers.methods(timeline, flavour, changed)
  Timeline.add_settings(methods, timeline, flavour)
  local first = frame_of(timeline.start_tc, timeline.rate)
  local kinds, by_id = { video = timeline.tracks, audio = timeline.audio, subtitle = timeline.subtitles }, {}
  local items = { video = {}, audio = {}, subtitle = {} }
  for kind, tracks in pairs(kinds) do
    for number, track in ipairs(tracks) do
      items[kind][number] = {}
      for index, item in ipairs(track) do
        local made = object(item_methods(item, timeline, flavour, object))
        items[kind][number][index], by_id[item.id] = made, made
      end
    end
  end

  -- Resolve answers nothing for a list that is empty.
  local function listed(found)
    if #found == 0 then return nil end
    local copy = { __flags = 256 }
    for index, item in ipairs(found) do copy[index] = item end
    return copy
  end

  function methods.GetName() return timeline.name end
  function methods.GetUniqueId() return timeline.id end
  function methods.GetStartFrame() return first end
  function methods.GetEndFrame() return first + length_of(timeline) end
  function methods.GetStartTimecode() return timeline.start_tc end
  function methods.GetTrackCount(kind) return kinds[kind] and #kinds[kind] or 0 end
  function methods.GetItemListInTrack(kind, number) return listed(items[kind] and items[kind][number] or {}) end
  function methods.GetTrackName(kind, number)
    local named = kind == "video" and timeline.track_names[number] or ""
    return named ~= "" and named or kind:sub(1, 1):upper() .. kind:sub(2) .. " " .. number
  end
  function methods.GetIsTrackEnabled(kind, number)
    for _, disabled in ipairs(timeline.disabled_tracks) do
      if kind == "video" and disabled == number then return false end
    end
    if kind == "subtitle" then return not timeline.hidden_subtitles[tostring(number)] end
    return true
  end

  if flavour.in_out then
    -- Frames from the timeline's start, the out point inclusive; nothing for a point that is not set.
    function methods.GetMarkInOut()
      local marks = timeline.in_out
      if not marks then return {} end
      local points = { ["in"] = marks["in"], ["out"] = marks["out"] }
      return { video = points, audio = points, __flags = 256 }
    end
    function methods.SetMarkInOut(from, to)
      timeline.in_out = { ["in"] = from, ["out"] = to }
      return true
    end
    function methods.ClearMarkInOut()
      timeline.in_out = nil
      return true
    end
  end
  if flavour.selection then
    function methods.GetSelectedClips()
      local found = {}
      for _, id in ipairs(timeline.selected or {}) do found[#found + 1] = by_id[id] end
      return listed(found)
    end
  end

  local function has_playhead() return world.page ~= "media" and world.page ~= "fusion" end
  function methods.GetCurrentTimecode()
    if not has_playhead() then return nil end
    return label_of(first + (timeline.playhead or 0), timeline.rate, is_drop(timeline.start_tc))
  end
  function methods.SetCurrentTimecode(label)
    if not has_playhead() then return false end
    local frame = frame_of(label, timeline.rate) - first
    if frame < 0 then return false end
    timeline.playhead = frame
    return true
  end

  return object(methods)
end

return Timeline
