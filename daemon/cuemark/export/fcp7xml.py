"""Final Cut Pro 7 XML (xmeml 4), which Premiere Pro imports as a new sequence.  Not verified on a live Premiere.

Markers lie on the sequence, in its frames; an `out` of -1 is a point.  Their colours do not survive, so a chapter's
comment says that it is one.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.media import NOMINAL_SIZE, MediaInfo, total_frames
from cuemark.core.timebase import LEGAL_RATES, nominal_rate
from cuemark.export.base import Exporter
from cuemark.export.sequence import Program, Timebase, sequence_of, source_timebase
from cuemark.export.xml_file import document, element, file_url, media_title

_POINT = "-1"
_NTSC = Fraction(1000, 1001)
PREMIERE = Program("Premiere", (*LEGAL_RATES, Fraction(10), Fraction(12), Fraction(15)))


class Fcp7XmlExporter(Exporter):
    """A sequence with the clip's picture and the markers."""

    name = "fcp7xml"
    suffix = ".fcp7.xml"
    description = "Premiere Pro sequence with markers (Final Cut Pro 7 XML)"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        marked = sequence_of(analysis, options, PREMIERE)
        timebase = marked.timebase
        grid = media.rate if has_timebase(media.rate) else timebase.rate
        source, notices = source_timebase(media, ExportOptions(rate=grid))
        title = media_title(media.path)
        length = total_frames(media, timebase.rate)
        sequence = element(
            "sequence",
            text_element("name", title),
            text_element("duration", length),
            rate_element(timebase.rate),
            timecode_element(timebase),
            element("media", *_tracks(media, timebase, source, length, title)),
            *(_marker(marker) for marker in marked.markers),
            id="sequence-1",
        )
        return document(element("xmeml", sequence, version="4"), "xmeml"), [*marked.notices, *notices]


def has_timebase(rate: Fraction) -> bool:
    """Whether a whole timebase and the NTSC flag can say this rate: 25 and 29.97, not 12.5 or 29.364."""
    return rate in (nominal_rate(rate), nominal_rate(rate) * _NTSC)


def _tracks(media: MediaInfo, timebase: Timebase, source: Timebase, length: int, title: str) -> tuple[ET.Element, ...]:
    """The picture's track, or for sound alone its own beside an empty picture of an ordinary size."""
    item = _clip(media, timebase, source, length, title)
    size = (media.width, media.height) if media.has_picture else NOMINAL_SIZE
    shown = element("format", characteristics(*size, rate_element(timebase.rate)))
    if media.has_picture:
        return (element("video", shown, element("track", item)),)
    item.append(element("sourcetrack", text_element("mediatype", "audio"), text_element("trackindex", 1)))
    return element("video", shown), element("audio", element("track", item))


def _clip(media: MediaInfo, timebase: Timebase, source: Timebase, length: int, title: str) -> ET.Element:
    # One grid, that of the sequence; and no frame of it that the file, counted on its own, has not.
    last = total_frames(media, source.rate) / source.rate if media.has_picture else media.duration
    shown = min(length, int(last * timebase.rate)) or 1
    return element(
        "clipitem",
        text_element("name", title),
        text_element("duration", shown),
        rate_element(timebase.rate),
        text_element("start", 0),
        text_element("end", shown),
        text_element("in", 0),
        text_element("out", shown),
        _file(media, source, title),
        id="clipitem-1",
    )


def _file(media: MediaInfo, source: Timebase, title: str) -> ET.Element:
    return element(
        "file",
        text_element("name", title),
        text_element("pathurl", file_url(media.path).replace("file:///", "file://localhost/", 1)),
        rate_element(source.rate),
        text_element("duration", total_frames(media, source.rate)),
        timecode_element(source),
        element("media", _kind(media)),
        id="file-1",
    )


def _kind(media: MediaInfo) -> ET.Element:
    return element("video", characteristics(media.width, media.height)) if media.has_picture else element("audio")


def characteristics(width: int, height: int, *more: ET.Element) -> ET.Element:
    return element("samplecharacteristics", *more, text_element("width", width), text_element("height", height))


def rate_element(rate: Fraction) -> ET.Element:
    ntsc = "TRUE" if rate == nominal_rate(rate) * _NTSC else "FALSE"
    return element("rate", text_element("timebase", nominal_rate(rate)), text_element("ntsc", ntsc))


def timecode_element(timebase: Timebase) -> ET.Element:
    return element(
        "timecode",
        rate_element(timebase.rate),
        text_element("string", timebase.timecode(0)),
        text_element("frame", timebase.start_frame),
        text_element("displayformat", "DF" if timebase.drop_frame else "NDF"),
    )


def _marker(marker: TimelineMarker) -> ET.Element:
    point = marker.kind == "chapter" and marker.duration == 1
    comment = "; ".join(filter(None, ["Chapter" if marker.kind == "chapter" else "", marker.note]))
    return element(
        "marker",
        text_element("comment", comment),
        text_element("name", marker.name),
        text_element("in", marker.frame),
        text_element("out", _POINT if point else marker.frame + marker.duration),
    )


def text_element(tag: str, value: object) -> ET.Element:
    return element(tag, text=str(value))
