"""Borders in an OpenTimelineIO file: its markers where it has some, else where clips of its first video track begin.

Markers on the footage's own clip stand in the footage's time; all others, and cuts, in the timeline's, which is taken
to show the footage from its first frame on.  Read as JSON, by the shapes that all versions share.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from urllib.parse import unquote, urlparse

from cuemark.core.errors import OptionError
from cuemark.core.json_files import parse_json
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import snap_rate


class NotATimeline(ValueError):
    """The text is no OpenTimelineIO JSON; says why."""


@dataclass
class _Found:
    """Seconds of markers in the footage's time, of markers in the timeline's, and of cuts."""

    own: list[Fraction] = field(default_factory=list)
    markers: list[Fraction] = field(default_factory=list)
    cuts: list[Fraction] = field(default_factory=list)


def read_timeline_file(text: str, info: MediaInfo) -> tuple[Fraction, ...]:
    """Seconds of the borders, in the order of the file; NotATimeline."""
    try:
        root = parse_json(text)
    except ValueError as error:
        raise NotATimeline(f"it is no JSON ({error})") from error
    try:
        return _borders(root, info)
    except RecursionError:  # the parser of newer Pythons goes deeper than their functions do
        raise NotATimeline("it is nested too deeply") from None


def _borders(root: object, info: MediaInfo) -> tuple[Fraction, ...]:
    if not isinstance(root, dict) or not str(root.get("OTIO_SCHEMA", "")).startswith("Timeline"):
        raise NotATimeline("it holds no OpenTimelineIO timeline")
    found = _Found()
    start = _seconds(root.get("global_start_time")) or Fraction(0)
    stack = root.get("tracks")
    if isinstance(stack, dict):
        found.markers += (time - start if time >= start else time for time in _markers(stack))
        for track in _children(stack):
            _read_track(track, info, found)
    return tuple(found.own or found.markers or found.cuts)


def _read_track(track: dict[str, Any], info: MediaInfo, found: _Found) -> None:
    """One track: what its items and itself are marked with, and where its clips begin."""
    found.markers += _markers(track)
    is_video, first_with_clips = track.get("kind") != "Audio", not found.cuts
    here = Fraction(0)
    for item in _children(track):
        schema = str(item.get("OTIO_SCHEMA", ""))
        if schema.startswith("Transition"):
            continue
        first, length = _range_of(item)
        if schema.startswith("Clip"):
            own_start = _own_start(item, info)
            for time in _markers(item):
                if own_start is not None:
                    found.own.append(time - own_start)
                else:
                    found.markers.append(here + time - first)
            if is_video and first_with_clips:
                found.cuts.append(here)
        here += length


def _children(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    children = item.get("children")
    yield from (child for child in children if isinstance(child, dict)) if isinstance(children, list) else ()


def _markers(item: dict[str, Any]) -> Iterator[Fraction]:
    """When the markers of an item begin, in its own time."""
    marks = item.get("markers")
    for marker in marks if isinstance(marks, list) else ():
        marked = marker.get("marked_range") if isinstance(marker, dict) else None
        time = _seconds(marked.get("start_time")) if isinstance(marked, dict) else None
        if time is not None:
            yield time


def _range_of(item: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """Where an item begins in its source, and how long it lasts, in seconds."""
    shown = item.get("source_range")
    if not isinstance(shown, dict):
        shown = _reference(item).get("available_range")
    if not isinstance(shown, dict):
        return Fraction(0), sum((_range_of(child)[1] for child in _children(item)), Fraction(0))
    return _seconds(shown.get("start_time")) or Fraction(0), _seconds(shown.get("duration")) or Fraction(0)


def _reference(clip: dict[str, Any]) -> dict[str, Any]:
    several = clip.get("media_references")
    key = clip.get("active_media_reference_key", "DEFAULT_MEDIA")
    found = several.get(key) if isinstance(several, dict) else clip.get("media_reference")
    return found if isinstance(found, dict) else {}


def _own_start(clip: dict[str, Any], info: MediaInfo) -> Fraction | None:
    """The time of the footage's first frame in a clip's source, where the clip shows this very footage."""
    reference = _reference(clip)
    target = reference.get("target_url")
    if not isinstance(target, str) or os.path.basename(_path_of(target)) != info.path.name:
        return None
    available = reference.get("available_range")
    start = _seconds(available.get("start_time")) if isinstance(available, dict) else None
    return start if start is not None else Fraction(0)


def _path_of(target: str) -> str:
    return unquote(urlparse(target).path) if target.startswith("file:") else target


def _seconds(time: object) -> Fraction | None:
    """A RationalTime in seconds, by the exact rate behind a rounded one."""
    if not isinstance(time, dict):
        return None
    value, rate = time.get("value"), time.get("rate")
    if not isinstance(value, int | float) or not isinstance(rate, int | float):
        return None
    try:
        return Fraction(value) / snap_rate(rate)
    except (ValueError, OverflowError, OptionError):
        return None
