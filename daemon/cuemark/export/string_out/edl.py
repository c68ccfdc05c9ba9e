"""CMX 3600: an event for each clip, source and record timecode, the file's name and the caption as comments.

A reel name has at most eight capital letters and digits, and is another one for each file.  A clip whose rate is not
the timeline's has an M2 line with its own frames per second, as editors write for mixed rates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cuemark.core.analysis import Notice
from cuemark.core.text import one_line, printable_path, to_ascii
from cuemark.export.sequence import Program
from cuemark.export.string_out.base import Cut, Reel, StringOut, Timeline

_REEL, _TITLE = 8, 70
_MOST_EVENTS = 999


class EdlStringOut(StringOut):
    """Picture and sound of a clip are one event."""

    suffix = ".edl"
    description = "CMX 3600 edit decision list, for Resolve, Premiere, Avid and others"
    program = Program("An edit decision list")
    one_rate = True

    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        names = reel_names(timeline.reels)
        counting = "DROP FRAME" if timeline.timebase.drop_frame else "NON-DROP FRAME"
        lines = [f"TITLE: {to_ascii(timeline.name)[:_TITLE].strip() or 'STRING-OUT'}", f"FCM: {counting}", ""]
        for number, cut in enumerate(timeline.cuts, 1):
            lines += [*_event(number, cut, names[cut.reel.number], timeline), ""]
        notices = []
        if len(timeline.cuts) > _MOST_EVENTS:
            message = f"It has {len(timeline.cuts)} events; some editors read {_MOST_EVENTS} at most."
            notices.append(Notice("export_many_events", message))
        return "\r\n".join(lines), notices


def _event(number: int, cut: Cut, reel: str, timeline: Timeline) -> Iterator[str]:
    source, record = cut.reel.timebase, timeline.timebase
    times = (
        source.timecode(cut.first),
        source.timecode(cut.after),
        record.timecode(cut.start),
        record.timecode(cut.end),
    )
    yield f"{number:03}  {reel:<8} {_channels(cut.reel):<5} C        {' '.join(times)}"
    if source.rate != record.rate:
        yield f"M2   {reel:<8} {float(source.rate):07.3f}                {times[0]}"
    yield f"* FROM CLIP NAME: {cut.reel.title}"
    yield f"* SOURCE FILE: {one_line(printable_path(cut.reel.media.path))}"
    if cut.caption:
        yield f"* COMMENT: {cut.caption}"


def _channels(reel: Reel) -> str:
    """V is the picture, B picture and one channel, AA/V picture and two."""
    sound = {0: "", 1: "A"}.get(reel.channels, "AA")
    if not reel.media.has_picture:
        return sound or "NONE"
    return {"": "V", "A": "B"}.get(sound, f"{sound}/V")


def reel_names(reels: tuple[Reel, ...]) -> dict[int, str]:
    """For each reel, by its number, a name of its own in capital letters and digits."""
    names: dict[int, str] = {}
    for reel in reels:
        stem = re.sub("[^A-Z0-9]", "", to_ascii(Path(reel.title).stem).upper())[:_REEL] or "REEL"
        name, number = stem, 1
        while name in (*names.values(), "BL", "AX", "AUX", "NONE"):
            number += 1
            name = f"{stem[: _REEL - len(str(number))]}{number}"
        names[reel.number] = name
    return names
