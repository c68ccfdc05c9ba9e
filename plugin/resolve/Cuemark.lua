-- Cuemark in DaVinci Resolve, every edition: Workspace > Scripts > Cuemark, once a session.
--
-- The script waits for requests of the Cuemark daemon and answers them; all thinking is done there.  It must run in the
-- sandbox of Free 21.1 (no io, os.execute, require, package, ffi; print is muted), so requests come as a Lua file that
-- the daemon writes into a mailbox folder, and answers leave through Fusion's preferences, which the daemon reads on disk.
-- While nothing is asked it calls nothing of Fusion and writes no preferences.  Clicking it again starts a new copy;
-- the old one leaves at the next request.

local MAILBOX = nil -- the set-up writes the folder here
local VERSION = "0.1.0"
local PROTOCOL = 1 -- the daemon talks only to a script with the same number
local POLL_S = 0.05
local PART_BYTES = 48 * 1024 -- of JSON in one answer: Resolve reads its preferences at every start
local LOST_LIMIT = 3 -- requests in a row at which Resolve did not even tell its version

-- Calls into Resolve ------------------------------------------------------------------------------------------------

-- What a method returns; nil where this version lacks it, where it raised, and where it returned nothing.
local function try(object, method, ...)
  if object == nil then return nil end
  local arguments, count = { ... }, select("#", ...)
  local ok, value = pcall(function() return object[method](object, unpack(arguments, 1, count)) end)
  if ok then return value end
  return nil
end

-- A plain read of a global, which need not exist: the environment may look a name up only when it is asked for.
local function read(get)
  local ok, value = pcall(get)
  return ok and value or nil
end

local function find_resolve()
  return read(function() return resolve end)
    or read(function() return Resolve() end)
    or read(function() return bmd.scriptapp("Resolve") end)
end

local function find_fusion(resolve_app)
  local candidates = { function() return fusion end, function() return fu end, function() return app end }
  for _, candidate in ipairs(candidates) do
    local found = read(candidate)
    if read(function() return found.SetPrefs end) then return found end
  end
  return try(resolve_app, "Fusion")
end

-- Text --------------------------------------------------------------------------------------------------------------

local function hex(text)
  return (text:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

local function unhex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- A list, told from an object by its element 0.
local function list() return { [0] = true } end

local function json_text(text)
  text = text:gsub('[%c"\\]', function(byte) return string.format("\\u%04x", byte:byte()) end)
  return '"' .. text .. '"'
end

local function json_number(number)
  if number ~= number or number == math.huge or number == -math.huge then return "null" end
  local whole = number == math.floor(number) and math.abs(number) < 2 ^ 53
  return (string.format(whole and "%.0f" or "%.17g", number):gsub(",", ".")) -- whatever the locale
end

local function json(value)
  local kind = type(value)
  if kind == "string" then return json_text(value) end
  if kind == "number" then return json_number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "table" then return "null" end
  local parts = {}
  if value[0] then
    for index = 1, #value do parts[index] = json(value[index]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do parts[#parts + 1] = json_text(tostring(key)) .. ":" .. json(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Only plain values leave: API objects are userdata.
local function plain(value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" then return value end
  return nil
end

-- The timeline ------------------------------------------------------------------------------------------------------

local host -- the Resolve object

local function fail(code, details) error({ code = code, details = details or {} }, 0) end

local function id_of(object) return plain(try(object, "GetUniqueId")) or plain(try(object, "GetName")) end

local function open_project(args)
  local project = try(try(host, "GetProjectManager"), "GetCurrentProject")
  if not project then fail("resolve_no_project") end
  if args.project and id_of(project) ~= args.project then fail("resolve_timeline_gone") end
  return project
end

-- The timeline of that id or, where none is given, of that name; else the open one.  There is no lookup by either.
local function find_timeline(args)
  local project = open_project(args)
  local current = try(project, "GetCurrentTimeline")
  local names = list()
  local function fits(candidate)
    if not candidate then return false end
    names[#names + 1] = plain(try(candidate, "GetName"))
    if args.timeline then return id_of(candidate) == args.timeline end
    return not args.name or names[#names] == args.name
  end
  if fits(current) then return current, project, true end
  names = list()
  if args.timeline or args.name then
    for index = 1, try(project, "GetTimelineCount") or 0 do
      local candidate = try(project, "GetTimelineByIndex", index)
      if fits(candidate) then return candidate, project, false end
    end
  end
  if args.timeline then fail("resolve_timeline_gone") end
  fail(args.name and "resolve_timeline_unknown" or "resolve_no_timeline", { names = names })
end

-- 21.1 reads settings by GetSettings and calls GetSetting deprecated; older versions know only that.
local function settings_of(owner)
  local all = try(owner, "GetSettings")
  if type(all) ~= "table" then all = {} end
  local function setting(key)
    local value = plain(all[key])
    if value == nil then value = plain(try(owner, "GetSetting", key)) end
    return value
  end
  return { rate = setting("timelineFrameRate"), drop_frame = setting("timelineDropFrameTimecode") }
end

local ITEM = {
  name = "GetName", id = "GetUniqueId", start = "GetStart", finish = "GetEnd", duration = "GetDuration",
  source_start = "GetSourceStartFrame", source_end = "GetSourceEndFrame", left_offset = "GetLeftOffset", enabled = "GetClipEnabled",
}
local MEDIA = {
  path = "File Path", rate = "FPS", start_tc = "Start TC", frames = "Frames", kind = "Type", first = "Start",
}

-- 21.1 tells the speed of an item, in percent; no version before does.
local function speed_of(item)
  local told = try(item, "GetSpeed")
  if type(told) == "table" then told = told.Percentage end
  return type(told) == "number" and told or nil
end

local function describe_item(item, track, index)
  local told = { track = track, index = index }
  for key, method in pairs(ITEM) do told[key] = plain(try(item, method)) end
  told.speed = speed_of(item)
  local media = try(item, "GetMediaPoolItem")
  if media then
    local properties = try(media, "GetClipProperty") or {}
    told.media = {}
    for key, property in pairs(MEDIA) do told.media[key] = plain(properties[property]) end
  else
    told.has_properties = false -- what tells a title or a generator from a transition
    for _, method in ipairs({ "GetProperties", "GetProperty" }) do
      for key in pairs(try(item, method) or {}) do told.has_properties = told.has_properties or key ~= "__flags" end
    end
  end
  return told
end

local function describe_track(timeline, kind, track)
  return {
    name = plain(try(timeline, "GetTrackName", kind, track)),
    enabled = plain(try(timeline, "GetIsTrackEnabled", kind, track)),
  }
end

-- Recordings of sound alone, by how their names end.  Of all else on audio tracks the picture lies on a video track.
local SOUND = {
  aac = true, ac3 = true, aif = true, aiff = true, bwf = true, caf = true, flac = true, m4a = true, mka = true, mp3 = true,
  oga = true, ogg = true, opus = true, w64 = true, wav = true, wma = true,
}

local function is_sound(item)
  local media = try(item, "GetMediaPoolItem")
  local properties = media and try(media, "GetClipProperty")
  local path = properties and plain(properties["File Path"])
  local ending = type(path) == "string" and path:match("%.(%w+)$")
  return ending and SOUND[ending:lower()] or false
end

-- The audio tracks, and recordings of sound alone on them: their tracks count -1, -2 and so on.
local function add_sound(timeline, items)
  local tracks = list()
  for track = 1, try(timeline, "GetTrackCount", "audio") or 0 do
    tracks[track] = describe_track(timeline, "audio", track)
    for index, item in ipairs(try(timeline, "GetItemListInTrack", "audio", track) or {}) do
      if is_sound(item) then items[#items + 1] = describe_item(item, -track, index) end
    end
  end
  return tracks
end

-- The video tracks, and the items on them; then recordings of sound.  Those on subtitle tracks show nothing.
local function items_of(timeline)
  local items, tracks = list(), list()
  for track = 1, try(timeline, "GetTrackCount", "video") or 0 do
    tracks[track] = describe_track(timeline, "video", track)
    for index, item in ipairs(try(timeline, "GetItemListInTrack", "video", track) or {}) do
      items[#items + 1] = describe_item(item, track, index)
    end
  end
  return items, tracks, add_sound(timeline, items)
end

-- The in and out points of the picture, each nil where it is not set; `told` is false where this version has no word.
local function in_out_of(timeline)
  local ok, method = pcall(function() return timeline.GetMarkInOut end)
  local marks = try(timeline, "GetMarkInOut")
  local video = type(marks) == "table" and type(marks.video) == "table" and marks.video or {}
  return { told = (ok and method) and true or false, first = plain(video["in"]), last = plain(video["out"]) }
end

-- Ids of the selected items; nil where this version cannot tell.
local function selection_of(timeline)
  local ok, method = pcall(function() return timeline.GetSelectedClips end)
  if not ok or not method then return nil end
  local ids = list()
  for _, item in ipairs(try(timeline, "GetSelectedClips") or {}) do ids[#ids + 1] = plain(try(item, "GetUniqueId")) end
  return ids
end

-- Frame -> marker.  Other keys than numbers (flags) are not markers.
local function markers_of(timeline)
  local markers = {}
  for frame, marker in pairs(try(timeline, "GetMarkers") or {}) do
    if type(frame) == "number" and type(marker) == "table" then markers[frame] = marker end
  end
  return markers
end

-- Some builds refuse the sixth argument.  A marker that cannot carry our id is taken off again: nobody could undo it.
local function add_marker(timeline, marker)
  local frame, data = marker.frame, marker.custom_data
  if try(timeline, "AddMarker", frame, marker.color, marker.name, marker.note, marker.duration, data) then
    return true
  end
  if not try(timeline, "AddMarker", frame, marker.color, marker.name, marker.note, marker.duration) then
    return false
  end
  if try(timeline, "UpdateMarkerCustomData", frame, data) then return true end
  try(timeline, "DeleteMarkerAtFrame", frame)
  return false
end

-- Verbs -------------------------------------------------------------------------------------------------------------

local verbs = {}
local stopping = false

function verbs.hello()
  return {
    version = VERSION, protocol = PROTOCOL, product = plain(try(host, "GetProductName")),
    resolve = plain(try(host, "GetVersionString")),
  }
end

function verbs.describe(args)
  local timeline, project, is_current = find_timeline(args)
  local items, tracks, sound_tracks = items_of(timeline)
  return {
    product = plain(try(host, "GetProductName")), resolve = plain(try(host, "GetVersionString")), version = VERSION,
    is_studio = plain(try(host, "IsStudio")),
    project = plain(try(project, "GetName")), project_id = id_of(project), project_settings = settings_of(project),
    timeline = plain(try(timeline, "GetName")), timeline_id = id_of(timeline), settings = settings_of(timeline),
    is_current = is_current, video_tracks = tracks, sound_tracks = sound_tracks, items = items, selection = selection_of(timeline),
    in_out = in_out_of(timeline),
    start_frame = plain(try(timeline, "GetStartFrame")), end_frame = plain(try(timeline, "GetEndFrame")),
    start_tc = plain(try(timeline, "GetStartTimecode")),
    current_tc = is_current and plain(try(timeline, "GetCurrentTimecode")) or nil,
  }
end

function verbs.list(args)
  local found = list()
  for frame, marker in pairs(markers_of(find_timeline(args))) do
    local told = { frame = frame, custom_data = plain(marker.customData) or "" }
    for _, key in ipairs({ "color", "duration", "name", "note" }) do told[key] = plain(marker[key]) end
    found[#found + 1] = told
  end
  return { markers = found }
end

-- The subtitle tracks, and the texts on them: the name of a subtitle is what it says.
function verbs.subtitles(args)
  local timeline = find_timeline(args)
  local tracks, found = list(), list()
  for track = 1, try(timeline, "GetTrackCount", "subtitle") or 0 do
    tracks[track] = describe_track(timeline, "subtitle", track)
    for _, item in ipairs(try(timeline, "GetItemListInTrack", "subtitle", track) or {}) do
      found[#found + 1] = {
        track = track, start = plain(try(item, "GetStart")), finish = plain(try(item, "GetEnd")),
        text = plain(try(item, "GetName")),
      }
    end
  end
  return { subtitle_tracks = tracks, subtitles = found }
end

-- Adds what is not there; a request that was carried out before does no harm.  Says which were refused, and why.
function verbs.add(args)
  local timeline = find_timeline(args)
  local markers, added, refused = markers_of(timeline), list(), list()
  for _, marker in ipairs(args.markers) do
    local held, why = markers[marker.frame], nil
    if held then why = held.customData == marker.custom_data and "exists" or "occupied" end
    if not held and not add_marker(timeline, marker) then why = "refused" end
    if why then
      refused[#refused + 1] = { frame = marker.frame, custom_data = marker.custom_data, why = why }
    else
      markers[marker.frame] = { customData = marker.custom_data }
      added[#added + 1] = marker.custom_data
    end
  end
  return { added = added, refused = refused }
end

-- By frame and id together: deleting by id alone acts on the first match, and by frame alone on anybody's.
function verbs.remove(args)
  local timeline = find_timeline(args)
  local markers, removed, refused = markers_of(timeline), list(), list()
  for _, wanted in ipairs(args.markers) do
    local marker = markers[wanted.frame]
    local is_ours = marker and marker.customData == wanted.custom_data
    if is_ours and try(timeline, "DeleteMarkerAtFrame", wanted.frame) then
      removed[#removed + 1] = wanted.custom_data
    else
      local why = is_ours and "refused" or "absent"
      refused[#refused + 1] = { frame = wanted.frame, custom_data = wanted.custom_data, why = why }
    end
  end
  return { removed = removed, refused = refused }
end

verbs["goto"] = function(args)
  local timeline, _, is_current = find_timeline(args)
  if not is_current then fail("resolve_timeline_not_open") end
  local moved = try(timeline, "SetCurrentTimecode", args.timecode) and true or false
  return { moved = moved, current_tc = plain(try(timeline, "GetCurrentTimecode")) }
end

function verbs.stop()
  stopping = true
  return {}
end

-- The loop ----------------------------------------------------------------------------------------------------------

host = find_resolve()
local prefs = find_fusion(host)
local wait, exists = bmd.wait, bmd.fileexists
local random = ("0"):rep(16) .. (tostring({}):match("%x+$") or "")
local session = string.format("%010.0f%08.0f%s", os.time(), os.clock() * 1000, random:sub(-16)) -- a later one is greater

local function mailboxes()
  if MAILBOX then return { MAILBOX .. "/next.lua" } end
  local found = {}
  local homes = { HOME = { "/.local/share", "/Library/Application Support" }, LOCALAPPDATA = { "" } }
  for variable, folders in pairs(homes) do
    local home = os.getenv(variable)
    for _, folder in ipairs(home and folders or {}) do
      found[#found + 1] = home .. folder .. "/cuemark/runtime/resolve/next.lua"
    end
  end
  return found
end

local kept = { id = "", parts = {} } -- the last answer

local function write_pref(key, text) return try(prefs, "SetPrefs", "Global.Cuemark." .. key, text) end
local function save_prefs() pcall(function() prefs:SavePrefs() end) end
local function owner() return plain(try(prefs, "GetPrefs", "Global.Cuemark.Session")) end

-- Requests are numbers, booleans, tables and hex text, so that nothing a user wrote is ever run as Lua.
local function decoded(value)
  if type(value) == "string" then return unhex(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = decoded(item) end
  return copy
end

-- The request in a mailbox; nil where there is none, or where the file is not whole (it is tried again).
local function read_request(path)
  local there, found = pcall(exists, path)
  if not there or not found then return nil end
  local loaded, chunk = pcall(loadfile, path)
  if not loaded or not chunk then return nil end
  setfenv(chunk, {})
  local ok, request = pcall(chunk)
  if not ok or type(request) ~= "table" or type(request.id) ~= "string" then return nil end
  return request
end

-- The last answer of all says in the same write that nobody runs any more.
local function send(id, part)
  if stopping and owner() == session then write_pref("Session", "") end
  write_pref("Answer", table.concat({ session, id, part, #kept.parts, hex(kept.parts[part] or "") }, ":"))
  save_prefs()
end

local function keep(id, text)
  kept = { id = id, parts = {} }
  for first = 1, #text, PART_BYTES do kept.parts[#kept.parts + 1] = text:sub(first, first + PART_BYTES - 1) end
end

-- A further part of the last answer, as it was then: the timeline may have changed meanwhile.
local function send_part(request)
  local is_kept = kept.id == decoded(request.args.of) and kept.parts[request.args.part]
  if not is_kept then keep(kept.id, json({ ok = false, code = "resolve_answer_lost" })) end
  send(request.id, is_kept and request.args.part or 1)
end

local function respond(request)
  local verb = decoded(request.verb)
  if verb == "part" then return send_part(request) end
  local ok, result = pcall(function()
    if not try(host, "GetVersionString") then fail("resolve_lost") end
    if not verbs[verb] then fail("resolve_verb_unknown") end
    return verbs[verb](decoded(request.args))
  end)
  local answer = { ok = ok, result = result }
  if not ok and type(result) == "table" then answer = { ok = false, code = result.code, details = result.details } end
  if not ok and type(result) ~= "table" then answer = { ok = false, code = "resolve_failed", details = { text = result } } end
  keep(request.id, json(answer))
  send(request.id, 1)
  return answer.code
end

-- Whether a request is for this copy; "leave" where a newer copy runs in this Resolve.
local function concerns(request)
  if request.session ~= "" then
    return request.session == session or (request.session > session and "leave")
  end
  for _, excepted in ipairs(request.except or {}) do
    if excepted == session then return false end
  end
  local newest = owner()
  if newest and newest ~= "" and newest ~= session then return "leave" end
  return true
end

local function serve(paths)
  local seen, lost = {}, 0 -- by mailbox: two of them may each hold a request that nobody takes away
  while not stopping do
    if not pcall(wait, POLL_S) then return end
    for _, path in ipairs(paths) do
      local request = read_request(path)
      if request and request.id ~= seen[path] then
        seen[path] = request.id
        local concerned = concerns(request)
        if concerned == "leave" then return end
        if concerned then lost = respond(request) == "resolve_lost" and lost + 1 or 0 end
      end
    end
    if lost >= LOST_LIMIT then return end
  end
end

if host and prefs then
  write_pref("Session", session)
  write_pref("Version", VERSION)
  save_prefs()
  if print then print("Cuemark " .. VERSION .. " is ready.  Leave it running; it ends with Resolve.") end
  serve(mailboxes())
end
