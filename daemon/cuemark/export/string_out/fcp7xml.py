"""Final Cut Pro 7 XML (xmeml 4): a sequence with a clip for each pick, picture and sound linked.

`in` and `out` count frames of the clip's own media, `start` and `end` those of the sequence.  Not verified on a live
Premiere.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.media import frame_span, total_frames
from cuemark.core.text import xml_safe
from cuemark.export.fcp7xml import PREMIERE, characteristics, has_timebase, rate_element, text_element, timecode_element
from cuemark.export.sequence import Timebase, source_timebase
from cuemark.export.string_out.base import Cut, Reel, StringOut, Timeline
from cuemark.export.xml_file import document, element, file_url

_MOST_TRACKS = 2
"""Channels of sound that get a track of their own; a source with more is heard by its first two."""


class Fcp7XmlStringOut(StringOut):
    """One track of pictures, two of sound; each file is described where it first occurs."""

    suffix = ".xml"
    description = "Final Cut Pro 7 XML (xmeml), for Premiere, Resolve, Kdenlive and others"
    program = PREMIERE

    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        rate = timeline.timebase.rate
        written = _Written(rate)
        shown = element("format", characteristics(*timeline.size, rate_element(rate)))
        pictures = [written.clip(cut, number, 0) for number, cut in enumerate(timeline.cuts, 1) if _shows(cut)]
        video = element("video", shown, *([element("track", *pictures)] if pictures else []))
        sounds = [
            element("track", *clips)
            for channel in range(1, _MOST_TRACKS + 1)
            if (clips := [written.clip(c, n, channel) for n, c in enumerate(timeline.cuts, 1) if _heard(c) >= channel])
        ]
        sequence = element(
            "sequence",
            text_element("name", xml_safe(timeline.name)),
            text_element("duration", timeline.frames),
            rate_element(rate),
            timecode_element(timeline.timebase),
            element("media", video, *([element("audio", *sounds)] if sounds else [])),
            id="sequence-1",
        )
        return document(element("xmeml", sequence, version="4"), "xmeml"), []


def _shows(cut: Cut) -> bool:
    return cut.reel.media.has_picture


def _heard(cut: Cut) -> int:
    """How many tracks its sound takes."""
    return min(_MOST_TRACKS, cut.reel.channels) if cut.reel.has_sound else 0


class _Written:
    """Clip items in their order; a file is described once, and named from then on."""

    def __init__(self, rate: Fraction) -> None:
        self._rate = rate
        self._files: set[int] = set()

    def clip(self, cut: Cut, number: int, channel: int) -> ET.Element:
        """The item of a pick on the track of pictures (channel 0) or of a channel of sound."""
        reel = cut.reel
        source, first, after = _counted(cut, self._rate)
        made = element(
            "clipitem",
            text_element("name", reel.title),
            text_element("duration", total_frames(reel.media, source.rate)),
            rate_element(source.rate),
            text_element("start", cut.start),
            text_element("end", cut.end),
            text_element("in", first),
            text_element("out", after),
            self._file(reel, source),
            id=_id(number, channel),
        )
        if channel:
            track = (text_element("mediatype", "audio"), text_element("trackindex", channel))
            made.append(element("sourcetrack", *track))
        made.extend(_links(cut, number))
        if cut.caption:
            made.append(element("comments", text_element("mastercomment1", xml_safe(cut.caption))))
        return made

    def _file(self, reel: Reel, source: Timebase) -> ET.Element:
        name = f"file-{reel.number}"
        if reel.number in self._files:
            return element("file", id=name)
        self._files.add(reel.number)
        return element(
            "file",
            text_element("name", reel.title),
            text_element("pathurl", file_url(reel.media.path).replace("file:///", "file://localhost/", 1)),
            rate_element(source.rate),
            text_element("duration", total_frames(reel.media, source.rate)),
            timecode_element(source),
            element("media", *_kinds(reel)),
            id=name,
        )


def _counted(cut: Cut, rate: Fraction) -> tuple[Timebase, int, int]:
    """How the media counts here, and the frames picked; at the sequence's rate where this format cannot say its own."""
    media = cut.reel.media
    if has_timebase(media.rate):
        return cut.reel.timebase, cut.first, cut.after
    source, _ = source_timebase(media, ExportOptions(rate=rate))
    return source, *frame_span(media, cut.pick.start, cut.pick.end, rate)


def _kinds(reel: Reel) -> list[ET.Element]:
    media, kinds = reel.media, []
    if media.has_picture:
        kinds.append(element("video", characteristics(media.width, media.height)))
    if reel.has_sound:
        rate = text_element("samplerate", reel.source.sound_rate)
        sound = element("samplecharacteristics", text_element("depth", 16), rate)
        kinds.append(element("audio", sound, text_element("channelcount", max(1, reel.channels))))
    return kinds


def _id(number: int, channel: int) -> str:
    return f"clipitem-{number}" + (f"-a{channel}" if channel else "")


def _links(cut: Cut, number: int) -> list[ET.Element]:
    """What moves together: the pictures of a pick and each channel of its sound."""
    channels = [0] * _shows(cut) + list(range(1, _heard(cut) + 1))
    return [
        element(
            "link",
            text_element("linkclipref", _id(number, channel)),
            text_element("mediatype", "audio" if channel else "video"),
            text_element("trackindex", channel or 1),
        )
        for channel in channels
        if len(channels) > 1
    ]
