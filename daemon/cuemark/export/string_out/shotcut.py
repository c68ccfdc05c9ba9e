"""Shotcut project (MLT XML), which melt plays as it is: a track of clips, each in frames of the project.

MLT counts everything at the project's rate; a clip of another rate plays in its own seconds.  Not verified on a live
Shotcut.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Notice
from cuemark.core.text import xml_safe
from cuemark.core.timebase import round_half_up
from cuemark.export.shotcut import (
    SHOTCUT,
    playlist_element,
    producer_element,
    profile_element,
    property_element,
    resource_of,
)
from cuemark.export.string_out.base import Cut, Reel, StringOut, Timeline
from cuemark.export.xml_file import document, element


class ShotcutStringOut(StringOut):
    """Pictures with their sound on track V1."""

    suffix = ".mlt"
    description = "Shotcut project, which melt plays"
    program = SHOTCUT

    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        rate, last = timeline.timebase.rate, timeline.frames - 1
        sources = [_source(reel, timeline) for reel in timeline.reels]
        pictures = any(reel.media.has_picture for reel in timeline.reels)
        named = {"shotcut__video": "1", "shotcut__name": "V1"} if pictures else {"shotcut__audio": "1"}
        title = xml_safe(timeline.name)
        root = element(
            "mlt",
            profile_element(timeline.size, rate),
            producer_element("background", last, mlt_service="color", resource="black"),
            playlist_element("main_bin", [], xml_retain="1"),
            *(source for source, _ in sources),
            playlist_element("track", [_entry(cut, rate) for cut in timeline.cuts], **named),
            element(
                "tractor",
                property_element("shotcut", "1"),
                element("track", producer="background"),
                element("track", producer="track", hide=None if pictures else "video"),
                id="tractor",
                title=title,
                in_="0",
                out=str(last),
            ),
            LC_NUMERIC="C", version="7.0.0", title=title, producer="tractor",
        )  # fmt: skip
        return document(root), [notice for _, unfit in sources for notice in unfit]


def _source(reel: Reel, timeline: Timeline) -> tuple[ET.Element, list[Notice]]:
    resource, unfit = resource_of(reel.media.path)
    last = max(_places(cut, timeline.timebase.rate)[1] for cut in timeline.cuts if cut.reel is reel)
    whole = max(last, round_half_up(reel.frames / reel.media.rate * timeline.timebase.rate) - 1)
    name = f"clip{reel.number}"
    return producer_element(name, whole, mlt_service="avformat-novalidate", resource=resource), unfit


def _entry(cut: Cut, rate: Fraction) -> ET.Element:
    first, last = _places(cut, rate)
    return element("entry", producer=f"clip{cut.reel.number}", in_=str(first), out=str(last))


def _places(cut: Cut, rate: Fraction) -> tuple[int, int]:
    """The first and the last frame of a clip, as MLT counts its media."""
    first = round_half_up(cut.first / cut.reel.media.rate * rate)
    return first, first + cut.end - cut.start - 1
