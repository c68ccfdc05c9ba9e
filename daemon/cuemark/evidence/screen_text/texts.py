"""What was read at single looks, joined over time and sorted out: timecode and clocks apart from texts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cuemark.core.errors import Notice
from cuemark.core.media import MediaInfo
from cuemark.core.screen_text import Place, ScreenText, ScreenTexts, TextKind
from cuemark.core.text import shown
from cuemark.core.timebase import clock
from cuemark.evidence.screen_text.kinds import texts_of
from cuemark.evidence.screen_text.reading import Reading, ReadLine, overlap
from cuemark.evidence.screen_text.spans import SampleAxis, Track, tracks_of
from cuemark.evidence.screen_text.timecode import (
    TimecodeRun,
    is_clock,
    label_of,
    looks_like_timecode,
    picture_at,
    running,
)

# An edited film's timecode jumps at its cuts; between them it must run for so many readings.
_IN_A_ROW = 3
# A clock that shows so many times, and no timecode, is no caption either.
_TIMES_SHOWN = 3

_Counter = tuple[Place, list[tuple[int, ReadLine]]]


def joined(
    readings: Sequence[Reading], axis: SampleAxis, info: MediaInfo, warnings: tuple[Notice, ...] = ()
) -> ScreenTexts:
    """The texts of a media from all its readings, and its burnt-in timecode; that is a notice, too."""
    tracks = tracks_of(readings, axis)
    timecode = _timecode(tracks, axis, info)
    if timecode is not None:
        told = clock(timecode.start, "m:ss")
        text = f"{shown(info.path)} has a burnt-in timecode, {timecode.text} at {told}; it is read as no caption."
        warnings = (*warnings, Notice("burnt_in_timecode", text))
        tracks = [track for track in tracks if not _is_of(track, timecode.place)]
    texts = texts_of([track for track in tracks if not _runs(track)], axis)
    return ScreenTexts(tuple(texts), timecode, warnings)


def _timecode(tracks: Sequence[Track], axis: SampleAxis, info: MediaInfo) -> ScreenText | None:
    """The first timecode that advances with the pictures, from where it is seen first."""
    for place, lines in _counting(tracks):
        read = [(axis.times[sample], line.text) for sample, line in lines]
        run = running(read, info.rate) or _run_between_cuts(read, info.rate)
        if run is None:
            continue
        own = [track for track in tracks if _is_of(track, place)]
        start, end = min(track.start for track in own), max(track.end for track in own)
        sure = max(line.confidence for _, line in lines)
        label = run.at(picture_at(start, info.rate))
        return ScreenText(start, end, label, place, TextKind.TIMECODE, sure)
    return None


def _run_between_cuts(read: Sequence[tuple[Fraction, str]], rate: Fraction) -> TimecodeRun | None:
    for first in range(len(read) - _IN_A_ROW + 1):
        run = running(read[first : first + _IN_A_ROW], rate)
        if run is not None and all(run.agreeing):
            return run
    return None


def _counting(tracks: Sequence[Track]) -> list[_Counter]:
    """Places where timecodes were read, each with all that was read there: (sample, line) in order."""
    found: list[_Counter] = []
    lines = [(sample, line) for track in tracks for sample, line in track.readings if line.fresh]
    for sample, line in sorted(lines, key=lambda one: one[0]):
        if label_of(line.text) is None:
            continue
        home = next((read for place, read in found if overlap(place, line.place) > 0), None)
        if home is None:
            found.append((line.place, home := []))
        home.append((sample, line))
    return found


def _is_of(track: Track, place: Place) -> bool:
    """Whether a track is the timecode that stands at a place, or a part of it."""
    text, _ = track.best()
    return overlap(track.place, place) > 0 and (is_clock(text) or looks_like_timecode(text))


def _runs(track: Track) -> bool:
    """Whether a track is a clock that goes on, or a counter."""
    shown_times = {line.text for _, line in track.readings if is_clock(line.text)}
    return len(shown_times) >= _TIMES_SHOWN
