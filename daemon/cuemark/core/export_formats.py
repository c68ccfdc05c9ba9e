"""Export formats: the one table of them, what they are asked with, and the file that comes back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from cuemark.core.analysis import Notice


@dataclass(frozen=True)
class ExportFormat:
    """A file format an analysis can be written as."""

    name: str
    suffix: str
    description: str


class KnownFormat(NamedTuple):
    """Which exporter writes a format ("module:class" in cuemark.export), and the editor it is for.

    The editor is "" where the name says that already.
    """

    exporter: str
    editor: str = ""


EXPORT_FORMATS: dict[str, KnownFormat] = {
    "json": KnownFormat("data_files:JsonExporter"),
    "csv": KnownFormat("data_files:CsvExporter"),
    "youtube": KnownFormat("youtube:YouTubeExporter"),
    "ffmetadata": KnownFormat("players:FfmetadataExporter"),
    "webvtt": KnownFormat("players:WebVttExporter"),
    "matroska": KnownFormat("players:MatroskaExporter"),
    "podcast": KnownFormat("players:PodcastExporter"),
    "edl": KnownFormat("marker_lists:EdlExporter", "Resolve"),
    "otio": KnownFormat("otio:OtioExporter"),
    "fcpxml": KnownFormat("fcpxml:FcpxmlExporter", "Final Cut Pro"),
    "fcp7xml": KnownFormat("fcp7xml:Fcp7XmlExporter", "Premiere"),
    "avid": KnownFormat("marker_lists:AvidExporter"),
    "kdenlive": KnownFormat("marker_lists:KdenliveExporter"),
    "shotcut": KnownFormat("shotcut:ShotcutExporter"),
    "blender": KnownFormat("marker_lists:BlenderExporter"),
}
"""The one table of formats, in the order they are listed.  It is here, and names exporters without importing them,
because the help of the command line asks no daemon."""


@dataclass(frozen=True)
class ExportOptions:
    """What the target needs to know.  None means: the media's own rate, no drop-frame, the format's own start.

    `rate`, `drop_frame` and `start_timecode` describe the timeline that formats counting its frames are read on.
    `transliterate` writes titles and captions in ASCII; `tags` writes the tags of moments into the notes of markers,
    `said` the words spoken in them.  `shots` marks shots, too.
    """

    rate: Fraction | None = None
    drop_frame: bool | None = None
    start_timecode: str | None = None
    transliterate: bool = False
    tags: bool = False
    said: bool = False
    shots: bool = False


@dataclass(frozen=True)
class ExportedFile:
    """An exported file as bytes, with a name to save it under."""

    name: str
    data: bytes
    warnings: tuple[Notice, ...] = ()
