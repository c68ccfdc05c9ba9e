"""Shotcut project (MLT XML) of one clip with markers.  Not verified on a live Shotcut.

Markers are properties of the main tractor, their ends clock times to the millisecond; equal ends are a point.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.media import MediaInfo, total_frames
from cuemark.core.text import one_line, printable_path
from cuemark.core.timebase import clock, frame_time
from cuemark.export.base import Exporter
from cuemark.export.sequence import Program, Sequence, sequence_of
from cuemark.export.xml_file import document, element, with_comment

COLOURS = {"chapter": "#9B59B6", "moment": "#3DAEE9"}
_SHOTCUT = Program("Shotcut", timecode=False)


class ShotcutExporter(Exporter):
    """The whole file on track V1, at the rate of the options or its own."""

    name = "shotcut"
    suffix = ".mlt"
    description = "Shotcut project with markers"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        marked = sequence_of(analysis, options, _SHOTCUT)
        rate = marked.timebase.rate
        last = total_frames(media, rate) - 1
        end = _clock(last, rate)
        root = element(
            "mlt",
            _profile(media, rate),
            _producer("background", last, rate, mlt_service="color", resource="black"),
            _playlist("main_bin", [], xml_retain="1"),
            _producer(
                "clip", last, rate, mlt_service="avformat-novalidate", resource=one_line(printable_path(media.path))
            ),
            _playlist("track", [element("entry", producer="clip", in_=_clock(0, rate), out=end)],
                      shotcut__video="1", shotcut__name="V1"),
            element(
                "tractor",
                _property("shotcut", "1"),
                _markers(marked),
                element("track", producer="background"),
                element("track", producer="track"),
                id="tractor",
                title="Cuemark",
                in_=_clock(0, rate),
                out=end,
            ),
            LC_NUMERIC="C", version="7.0.0", title="Cuemark", producer="tractor",
        )  # fmt: skip
        return document(root), marked.notices

    def _remarked(self, text: str, remark: str) -> str:
        return with_comment(text, remark)


def _profile(media: MediaInfo, rate: Fraction) -> ET.Element:
    # Encoders want even sizes; MLT's pixels are the screen's, so the media's own aspect is already in width and height.
    width, height = media.width + media.width % 2, media.height + media.height % 2
    part = gcd(width, height)
    return element(
        "profile", description="automatic", width=str(width), height=str(height), progressive="1",
        sample_aspect_num="1", sample_aspect_den="1",
        display_aspect_num=str(width // part), display_aspect_den=str(height // part),
        frame_rate_num=str(rate.numerator), frame_rate_den=str(rate.denominator), colorspace="709",
    )  # fmt: skip


def _producer(name: str, last: int, rate: Fraction, **properties: str) -> ET.Element:
    length = _property("length", _clock(last + 1, rate))
    rest = [_property(key, value) for key, value in properties.items()]
    return element("producer", length, *rest, id=name, in_=_clock(0, rate), out=_clock(last, rate))


def _playlist(name: str, entries: list[ET.Element], **properties: str) -> ET.Element:
    named = [_property(key.replace("__", ":"), value) for key, value in properties.items()]
    return element("playlist", *named, *entries, id=name)


def _markers(marked: Sequence) -> ET.Element:
    rows = (_marker(number, marker, marked) for number, marker in enumerate(marked.markers))
    return element("properties", *rows, name="shotcut:markers")


def _marker(number: int, marker: TimelineMarker, marked: Sequence) -> ET.Element:
    rate = marked.timebase.rate
    point = marker.kind == "chapter" and marker.duration == 1
    return element(
        "properties",
        _property("text", marked.label(marker)),
        _property("start", _clock(marker.frame, rate)),
        _property("end", _clock(marker.frame + (0 if point else marker.duration), rate)),
        _property("color", COLOURS[marker.kind]),
        name=str(number),
    )


def _property(name: str, value: str) -> ET.Element:
    return element("property", text=value, name=name)


def _clock(frame: int, rate: Fraction) -> str:
    return clock(frame_time(frame, rate), "hh:mm:ss.mmm")
