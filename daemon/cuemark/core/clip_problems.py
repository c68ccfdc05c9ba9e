"""What keeps a clip of a timeline from being marked: the names of it, and the words for people.

An editor's bridge names a problem (`TimelineClip.problem`).  Names of its own are words for people as they are.
"""

from __future__ import annotations

DISABLED_TRACK = "disabled track"
OFFLINE = "offline"
GENERATOR_OR_TITLE = "generator or title"
NO_FILE = "no file of its own"
COMPOUND_CLIP = "compound clip"
NESTED_TIMELINE = "nested timeline"
MULTICAM_CLIP = "multicam clip"
FUSION_CLIP = "Fusion clip"
STILL_IMAGE = "still image"
IMAGE_SEQUENCE = "image sequence"
SPEED_RAMP = "speed ramp"
FREEZE_FRAME = "freeze frame"

_ADVICE = {
    DISABLED_TRACK: "its track {track} is disabled, so nothing of it is shown",
    OFFLINE: "offline: {path} is not there; relink it in Resolve",
    GENERATOR_OR_TITLE: "a title, generator or adjustment has no footage",
    NO_FILE: "no file of its own: open what is inside it as a timeline, and mark that",
    COMPOUND_CLIP: "compound clip: open it as a timeline, and mark that",
    NESTED_TIMELINE: "nested timeline: open it, and mark that",
    MULTICAM_CLIP: "multicam clip: which angle is shown is not told; flatten it first",
    FUSION_CLIP: "Fusion clip: what it makes of its footage is not told",
    STILL_IMAGE: "still image: there is nothing to find in time",
    IMAGE_SEQUENCE: "image sequence: only video files are analysed; make one of it first",
    SPEED_RAMP: "speed ramp: moments can only be followed at one speed; cut it where the speed changes",
    FREEZE_FRAME: "freeze frame: there is nothing to find in time",
}


def explained(problem: str, *, track: str = "", path: str = "") -> str:
    """What is in the way, and what to do about it; `track` and `path` as they are shown."""
    return _ADVICE[problem].format(track=track, path=path) if problem in _ADVICE else problem
