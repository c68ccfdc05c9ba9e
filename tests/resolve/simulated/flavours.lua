-- How the versions and editions of Resolve differ, as the project's facts about Resolve have it.  Nothing here was measured by us.
--
-- sandbox           Lua has no io, os.execute, require, package, ffi, debug, and print is muted (Free 21.1)
-- plural            GetSettings and GetProperties exist and answer numbers
-- singular          GetSetting and GetProperty exist and answer strings
-- cut_rates         GetSetting cuts NTSC rates off: "29" for 29.97
-- five_arguments    AddMarker refuses a sixth argument
-- selection         Timeline.GetSelectedClips exists
-- is_studio         resolve.IsStudio exists
-- speed             TimelineItem.GetSpeed exists
-- in_out            Timeline.GetMarkInOut exists
-- resolve_global    what scripts find: "resolve" (a global) or "Resolve" (a function)
-- fusion_global     the name of the global that has SetPrefs

return {
  ["free-21.1"] = {
    product = "DaVinci Resolve", version = { 21, 1, 0, 17, "" }, sandbox = true, plural = true, selection = true,
    is_studio = true, speed = true, in_out = true, resolve_global = "resolve", fusion_global = "fusion",
  },
  ["free-20"] = {
    product = "DaVinci Resolve", version = { 20, 3, 1, 6, "" }, resolve_global = "resolve", fusion_global = "fusion",
    singular = true, in_out = true,
  },
  ["studio-21.1"] = {
    product = "DaVinci Resolve Studio", version = { 21, 1, 0, 17, "" }, plural = true, selection = true,
    is_studio = true, speed = true, in_out = true, resolve_global = "resolve", fusion_global = "fusion", singular = true,
  },
  ["studio-18"] = {
    product = "DaVinci Resolve Studio", version = { 18, 6, 6, 7, "" }, cut_rates = true, five_arguments = true,
    resolve_global = "Resolve", fusion_global = "fu", singular = true,
  },
}
