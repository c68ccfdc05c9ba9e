"""The verbs of Cuemark.lua through Studio's Python API: one request on stdin, one answer on stdout, then a hard exit.

Runs in a process of its own, by file and with the standard library alone: Resolve's module binds whatever Python it
likes, may crash on import, and may crash when the interpreter ends.  Before each thing that may take the process down
it writes a line with a stage, so that the parent can say what it was.  Studio only: Free has no such API.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

ITEM = {
    "name": "GetName",
    "id": "GetUniqueId",
    "start": "GetStart",
    "finish": "GetEnd",
    "duration": "GetDuration",
    "source_start": "GetSourceStartFrame",
    "source_end": "GetSourceEndFrame",
    "left_offset": "GetLeftOffset",
    "enabled": "GetClipEnabled",
}
SOUND = frozenset(
    ["aac", "ac3", "aif", "aiff", "bwf", "caf", "flac", "m4a", "mka", "mp3", "oga", "ogg", "opus", "w64", "wav", "wma"]
)
"""How names of recordings of sound alone end."""
MEDIA = {
    "path": "File Path",
    "rate": "FPS",
    "start_tc": "Start TC",
    "frames": "Frames",
    "kind": "Type",
    "first": "Start",
}


class Refused(Exception):
    """A request that cannot be carried out: reason code and details."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def call(target: Any, method: str, *arguments: Any) -> Any:
    """What a method returns; None where this version lacks it (hasattr is true for any name) or where it raised."""
    if target is None or method not in dir(target):
        return None
    try:
        return getattr(target, method)(*arguments)
    except Exception:
        return None


def plain(value: Any) -> Any:
    """Only plain values leave: API objects are not JSON."""
    return value if isinstance(value, (str, int, float)) else None


def id_of(target: Any) -> Any:
    """The id of a project or timeline; its name on versions without ids."""
    return plain(call(target, "GetUniqueId")) or plain(call(target, "GetName"))


class Session:
    """The verbs on one connection to Resolve; answers have the shape of the Lua script's."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def hello(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Who answers."""
        return {"product": call(self.app, "GetProductName"), "resolve": call(self.app, "GetVersionString")}

    def describe(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The timeline and the items of its video tracks."""
        timeline, project, is_current = self._timeline(arguments)
        tracks = call(timeline, "GetTrackCount", "video") or 0
        sounds = call(timeline, "GetTrackCount", "audio") or 0
        selected = call(timeline, "GetSelectedClips") or []
        return {
            **self.hello(arguments),
            "is_studio": plain(call(self.app, "IsStudio")),
            "project": plain(call(project, "GetName")),
            "project_id": id_of(project),
            "project_settings": settings_of(project),
            "timeline": plain(call(timeline, "GetName")),
            "timeline_id": id_of(timeline),
            "settings": settings_of(timeline),
            "is_current": is_current,
            "video_tracks": [track_of(timeline, track) for track in range(1, int(tracks) + 1)],
            "sound_tracks": [track_of(timeline, track, "audio") for track in range(1, int(sounds) + 1)],
            "items": [
                *(item for track in range(1, int(tracks) + 1) for item in items_of(timeline, track)),
                *(item for track in range(1, int(sounds) + 1) for item in sounds_of(timeline, track)),
            ],
            "selection": [id_of(item) for item in selected] if "GetSelectedClips" in dir(timeline) else None,
            "in_out": in_out_of(timeline),
            "start_frame": plain(call(timeline, "GetStartFrame")),
            "end_frame": plain(call(timeline, "GetEndFrame")),
            "start_tc": plain(call(timeline, "GetStartTimecode")),
            "current_tc": plain(call(timeline, "GetCurrentTimecode")) if is_current else None,
        }

    def list(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """All markers."""
        markers = markers_of(self._timeline(arguments)[0])
        keys = ("color", "duration", "name", "note")
        return {
            "markers": [
                {
                    "frame": frame,
                    "custom_data": held.get("customData") or "",
                    **{key: plain(held.get(key)) for key in keys},
                }
                for frame, held in markers.items()
            ]
        }

    def subtitles(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The subtitle tracks, and the texts on them: the name of a subtitle is what it says."""
        timeline = self._timeline(arguments)[0]
        numbers = range(1, int(call(timeline, "GetTrackCount", "subtitle") or 0) + 1)
        return {
            "subtitle_tracks": [track_of(timeline, track, "subtitle") for track in numbers],
            "subtitles": [each for track in numbers for each in subtitles_of(timeline, track)],
        }

    def add(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Adds what is not there."""
        timeline = self._timeline(arguments)[0]
        ids = {frame: held.get("customData") for frame, held in markers_of(timeline).items()}
        added, refused = [], []
        for marker in arguments["markers"]:
            frame, data, why = marker["frame"], marker["custom_data"], ""
            if frame in ids:
                why = "exists" if ids[frame] == data else "occupied"
            elif not add_marker(timeline, marker):
                why = "refused"
            if why:
                refused.append({"frame": frame, "custom_data": data, "why": why})
            else:
                ids[frame] = data
                added.append(data)
        return {"added": added, "refused": refused}

    def remove(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Takes off by frame and id together."""
        timeline = self._timeline(arguments)[0]
        held = markers_of(timeline)
        removed, refused = [], []
        for wanted in arguments["markers"]:
            frame, data = wanted["frame"], wanted["custom_data"]
            is_ours = frame in held and held[frame].get("customData") == data
            if is_ours and call(timeline, "DeleteMarkerAtFrame", frame):
                removed.append(data)
            else:
                refused.append({"frame": frame, "custom_data": data, "why": "refused" if is_ours else "absent"})
        return {"removed": removed, "refused": refused}

    def goto(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Moves the playhead."""
        timeline, _, is_current = self._timeline(arguments)
        if not is_current:
            raise Refused("resolve_timeline_not_open")
        moved = bool(call(timeline, "SetCurrentTimecode", arguments["timecode"]))
        return {"moved": moved, "current_tc": plain(call(timeline, "GetCurrentTimecode"))}

    def _timeline(self, arguments: dict[str, Any]) -> tuple[Any, Any, bool]:
        """The timeline of that id or name, else the open one; its project; whether it is open."""
        project = call(call(self.app, "GetProjectManager"), "GetCurrentProject")
        if project is None:
            raise Refused("resolve_no_project")
        wanted, name = arguments.get("timeline"), arguments.get("name")
        if arguments.get("project") and id_of(project) != arguments["project"]:
            raise Refused("resolve_timeline_gone")

        def fits(timeline: Any) -> bool:
            return id_of(timeline) == wanted if wanted else not name or call(timeline, "GetName") == name

        current = call(project, "GetCurrentTimeline")
        if current is not None and fits(current):
            return current, project, True
        count = int(call(project, "GetTimelineCount") or 0) if wanted or name else 0
        others = [call(project, "GetTimelineByIndex", index) for index in range(1, count + 1)]
        for timeline in others:
            if timeline is not None and fits(timeline):
                return timeline, project, False
        if wanted:
            raise Refused("resolve_timeline_gone")
        names = [call(timeline, "GetName") for timeline in others]
        raise Refused("resolve_timeline_unknown" if name else "resolve_no_timeline", names=names)


def settings_of(owner: Any) -> dict[str, Any]:
    """Rate and drop-frame: by GetSettings since 21.1, by GetSetting before."""
    found = call(owner, "GetSettings")
    settings = found if isinstance(found, dict) else {}

    def setting(key: str) -> Any:
        value = plain(settings.get(key))
        return plain(call(owner, "GetSetting", key)) if value is None else value

    return {"rate": setting("timelineFrameRate"), "drop_frame": setting("timelineDropFrameTimecode")}


def track_of(timeline: Any, track: int, kind: str = "video") -> dict[str, Any]:
    """A track of any kind."""
    name = plain(call(timeline, "GetTrackName", kind, track))
    return {"name": name, "enabled": plain(call(timeline, "GetIsTrackEnabled", kind, track))}


def subtitles_of(timeline: Any, track: int) -> list[dict[str, Any]]:
    """The items of a subtitle track."""
    facts = {"start": "GetStart", "finish": "GetEnd", "text": "GetName"}
    return [
        {"track": track, **{key: plain(call(item, method)) for key, method in facts.items()}}
        for item in call(timeline, "GetItemListInTrack", "subtitle", track) or []
    ]


def in_out_of(timeline: Any) -> dict[str, Any]:
    """The in and out points of the picture; `told` is false where this version has no word for them."""
    marks = call(timeline, "GetMarkInOut")
    video = marks.get("video") if isinstance(marks, dict) else None
    points = video if isinstance(video, dict) else {}
    told = "GetMarkInOut" in dir(timeline)
    return {"told": told, "first": plain(points.get("in")), "last": plain(points.get("out"))}


def speed_of(item: Any) -> float | None:
    """The speed of an item in percent, which 21.1 tells and no version before does."""
    told = call(item, "GetSpeed")
    told = told.get("Percentage") if isinstance(told, dict) else told
    return told if isinstance(told, (int, float)) and not isinstance(told, bool) else None


def items_of(timeline: Any, track: int) -> list[dict[str, Any]]:
    """The items of a video track; Resolve returns None for an empty list."""
    items = call(timeline, "GetItemListInTrack", "video", track) or []
    return [describe_item(item, track, index) for index, item in enumerate(items, 1)]


def sounds_of(timeline: Any, track: int) -> list[dict[str, Any]]:
    """Recordings of sound alone on an audio track, which then counts below 0; of all else the picture is elsewhere."""
    items = call(timeline, "GetItemListInTrack", "audio", track) or []
    return [describe_item(item, -track, index) for index, item in enumerate(items, 1) if is_sound(item)]


def is_sound(item: Any) -> bool:
    """Whether an item's file is called as recordings of sound alone are."""
    media = call(item, "GetMediaPoolItem")
    path = plain((call(media, "GetClipProperty") or {}).get("File Path")) if media is not None else None
    return isinstance(path, str) and path.rpartition(".")[2].lower() in SOUND


def describe_item(item: Any, track: int, index: int) -> dict[str, Any]:
    """One item, as told."""
    facts = {key: plain(call(item, method)) for key, method in ITEM.items()}
    facts["speed"] = speed_of(item)
    media = call(item, "GetMediaPoolItem")
    if media is None:
        properties = {**(call(item, "GetProperty") or {}), **(call(item, "GetProperties") or {})}
        return {**facts, "track": track, "index": index, "has_properties": bool(set(properties) - {"__flags"})}
    properties = call(media, "GetClipProperty") or {}
    found = {key: plain(properties.get(name)) for key, name in MEDIA.items()}
    return {**facts, "track": track, "index": index, "media": found}


def markers_of(timeline: Any) -> dict[int, dict[str, Any]]:
    """Markers by frame; Resolve's keys are floats here."""
    markers = call(timeline, "GetMarkers") or {}
    return {round(frame): held for frame, held in markers.items() if isinstance(frame, (int, float))}


def add_marker(timeline: Any, marker: dict[str, Any]) -> bool:
    """Adds one, also where a build refuses the sixth argument; a marker that cannot carry our id does not stay."""
    frame, data = marker["frame"], marker["custom_data"]
    fields = (frame, marker["color"], marker["name"], marker["note"], marker["duration"])
    if call(timeline, "AddMarker", *fields, data):
        return True
    if not call(timeline, "AddMarker", *fields):
        return False
    if call(timeline, "UpdateMarkerCustomData", frame, data):
        return True
    call(timeline, "DeleteMarkerAtFrame", frame)
    return False


VERBS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "hello": Session.hello,
    "describe": Session.describe,
    "list": Session.list,
    "subtitles": Session.subtitles,
    "add": Session.add,
    "remove": Session.remove,
    "goto": Session.goto,
}


def write(value: dict[str, Any]) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def connect() -> Any:
    """Resolve's object; writes a stage first for each step that may crash."""
    write({"stage": "import"})
    sys.path.pop(0)  # this folder: its modules are not meant for others
    try:
        import DaVinciResolveScript  # type: ignore[import-not-found]
    except ImportError as error:
        raise Refused("resolve_studio_missing", text=str(error)) from error
    write({"stage": "connect"})
    app = DaVinciResolveScript.scriptapp("Resolve")
    if app is None:
        raise Refused("resolve_studio_refused")
    write({"stage": "call"})
    manager = call(app, "GetProjectManager")
    # A wedged Resolve still answers every cheaper call.
    if "GetCurrentDatabase" in dir(manager) and not call(manager, "GetCurrentDatabase"):
        raise Refused("resolve_lost")
    return app


def main() -> None:
    """See above."""
    request = json.loads(sys.stdin.readline())
    try:
        result = VERBS[request["verb"]](Session(connect()), request["args"])
        write({"ok": True, "result": result})
    except Refused as refused:
        write({"ok": False, "code": refused.code, "details": refused.details})
    except Exception as error:
        write({"ok": False, "code": "resolve_failed", "details": {"text": repr(error)}})
    # Resolve's library can crash while an interpreter ends, after everything went well.
    os._exit(0)


if __name__ == "__main__":
    main()
