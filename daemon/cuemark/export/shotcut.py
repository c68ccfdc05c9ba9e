"""Shotcut project (MLT XML) of one clip with markers.  Not verified on a live Shotcut.

Markers are properties of the main tractor; equal ends are a point.  Every position is a frame number: of a clock time
MLT rounds hours, minutes and seconds each by itself, so that at NTSC rates most exact ones come out a frame early.
"""

from __future__ import annotations

import os
from fractions import Fraction
from math import gcd
from pathlib import Path
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.media import NOMINAL_SIZE, MediaInfo, total_frames
from cuemark.core.text import fits_xml, printable_path, shown, xml_safe
from cuemark.export.base import Exporter
from cuemark.export.sequence import Program, Sequence, sequence_of
from cuemark.export.xml_file import document, element, with_comment

COLOURS = {"chapter": "#9B59B6", "moment": "#3DAEE9", "shot": "#C8A165"}
SHOTCUT = Program("Shotcut", timecode=False)


class ShotcutExporter(Exporter):
    """The whole file on track V1, at the rate of the options or its own."""

    name = "shotcut"
    suffix = ".mlt"
    description = "Shotcut project with markers"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        marked = sequence_of(analysis, options, SHOTCUT)
        rate = marked.timebase.rate
        last = total_frames(media, rate) - 1
        resource, unfit = resource_of(media.path)
        root = element(
            "mlt",
            profile_element((media.width, media.height) if media.has_picture else NOMINAL_SIZE, rate),
            producer_element("background", last, mlt_service="color", resource="black"),
            playlist_element("main_bin", [], xml_retain="1"),
            producer_element("clip", last, mlt_service="avformat-novalidate", resource=resource),
            playlist_element("track", [element("entry", producer="clip", in_="0", out=str(last))], **_track(media)),
            element(
                "tractor",
                property_element("shotcut", "1"),
                _markers(marked),
                element("track", producer="background"),
                element("track", producer="track", hide=None if media.has_picture else "video"),
                id="tractor",
                title="Cuemark",
                in_="0",
                out=str(last),
            ),
            LC_NUMERIC="C", version="7.0.0", title="Cuemark", producer="tractor",
        )  # fmt: skip
        return document(root), [*marked.notices, *unfit]

    def _remarked(self, text: str, remark: str) -> str:
        return with_comment(text, remark)


def _track(media: MediaInfo) -> dict[str, str]:
    kind, name = ("video", "V1") if media.has_picture else ("audio", "A1")
    return {f"shotcut__{kind}": "1", "shotcut__name": name}


def profile_element(size: tuple[int, int], rate: Fraction) -> ET.Element:
    """What a project's pictures are: their size in square pixels, and the exact rate."""
    # Encoders want even sizes; MLT's pixels are the screen's, so the media's own aspect is already in width and height.
    width, height = size
    width, height = width + width % 2, height + height % 2
    part = gcd(width, height)
    return element(
        "profile", description="automatic", width=str(width), height=str(height), progressive="1",
        sample_aspect_num="1", sample_aspect_den="1",
        display_aspect_num=str(width // part), display_aspect_den=str(height // part),
        frame_rate_num=str(rate.numerator), frame_rate_den=str(rate.denominator), colorspace="709",
    )  # fmt: skip


def resource_of(path: Path) -> tuple[str, list[Notice]]:
    """The file as the project names it, to the very space; with a notice where no XML can."""
    if fits_xml(name := os.fspath(path)):
        return name, []
    message = f"{shown(path)} has a name that no Shotcut project can hold; rename it, or point Shotcut to it."
    return xml_safe(printable_path(path)), [Notice("export_path_unwritable", message)]


def producer_element(name: str, last: int, **properties: str) -> ET.Element:
    """A source of pictures and sound, of frames 0 to `last` of the project."""
    length = property_element("length", str(last + 1))
    rest = [property_element(key, value) for key, value in properties.items()]
    return element("producer", length, *rest, id=name, in_="0", out=str(last))


def playlist_element(name: str, entries: list[ET.Element], **properties: str) -> ET.Element:
    """A track, or the bin; `__` in the name of a property is its colon."""
    named = [property_element(key.replace("__", ":"), value) for key, value in properties.items()]
    return element("playlist", *named, *entries, id=name)


def _markers(marked: Sequence) -> ET.Element:
    rows = (_marker(number, marker, marked) for number, marker in enumerate(marked.markers))
    return element("properties", *rows, name="shotcut:markers")


def _marker(number: int, marker: TimelineMarker, marked: Sequence) -> ET.Element:
    point = marker.kind == "chapter" and marker.duration == 1
    return element(
        "properties",
        property_element("text", marked.label(marker)),
        property_element("start", str(marker.frame)),
        property_element("end", str(marker.frame + (0 if point else marker.duration))),
        property_element("color", COLOURS[marker.kind]),
        name=str(number),
    )


def property_element(name: str, value: str) -> ET.Element:
    """One property of what it stands in."""
    return element("property", text=value, name=name)
