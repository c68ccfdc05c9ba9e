"""Final Cut Pro XML 1.10: a project of one clip that carries the markers.  Not verified on a live Final Cut Pro.

Times are rational seconds on the frame grid.  A marker's are in the local time of the clip around it, which begins at
the media's own timecode.  The asset does not say whether it has sound: Final Cut Pro looks into the file for what is
left out.  Resolve reads this version since 18.0.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.media import NOMINAL_SIZE, MediaInfo, total_frames
from cuemark.core.timebase import snap_rate
from cuemark.export.base import Exporter
from cuemark.export.sequence import Program, Timebase, described, sequence_of, source_timebase
from cuemark.export.xml_file import document, element, file_url, media_title

_NTSC = Fraction(1000, 1001)
_RATE_NAMES = {
    24 * _NTSC: "23.98", Fraction(24): "24", Fraction(25): "25", 30 * _NTSC: "29.97", Fraction(30): "30",
    48 * _NTSC: "47.95", Fraction(48): "48", Fraction(50): "50", 60 * _NTSC: "59.94", Fraction(60): "60",
}  # fmt: skip
FINAL_CUT = Program("Final Cut Pro", [rate for rate in _RATE_NAMES if round(rate) != 48])


class FcpxmlExporter(Exporter):
    """Chapters as chapter markers, moments as markers with their length."""

    name = "fcpxml"
    suffix = ".fcpxml"
    description = "Final Cut Pro project with chapter markers and markers"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        marked = sequence_of(analysis, options, FINAL_CUT)
        timebase = marked.timebase
        source, notices = source_timebase(media, ExportOptions())
        title = media_title(media.path)
        # The clip may not be longer than the asset, whose last frame may end between two of the sequence.
        last = total_frames(media) / media.rate if media.has_picture else media.duration
        length = min(total_frames(media, timebase.rate), int(last * timebase.rate)) or 1
        late = [marker for marker in marked.markers if marker.frame >= length]
        outside = [
            Notice("export_marker_outside", f"{described(marker)} was left out: the clip ends before it.")
            for marker in late
        ]
        start = grid_seconds(source.start_frame, source.rate)
        clip = element(
            "asset-clip",
            *conform_rate(media, timebase.rate),
            *(_marker(marker, source, timebase.rate) for marker in marked.markers if marker not in late),
            ref="r3",
            name=title,
            offset=grid_seconds(timebase.start_frame, timebase.rate),
            start=start,
            duration=grid_seconds(length, timebase.rate),
            tcFormat=counting(source),
            audioRole=None if media.has_picture else "dialogue",
        )
        sequence = element(
            "sequence",
            element("spine", clip),
            format="r1",
            duration=grid_seconds(length, timebase.rate),
            tcStart=grid_seconds(timebase.start_frame, timebase.rate),
            tcFormat=counting(timebase),
        )
        project = element("project", sequence, name=title)
        root = element(
            "fcpxml", (_resources if media.has_picture else _sound_resources)(media, timebase, start, title),
            element("library", element("event", project, name="Cuemark")), version="1.10",
        )  # fmt: skip
        return document(root, "fcpxml"), [*marked.notices, *outside, *notices]


def _resources(media: MediaInfo, timebase: Timebase, start: str, title: str) -> ET.Element:
    original = element("media-rep", kind="original-media", src=file_url(media.path))
    length = grid_seconds(total_frames(media), media.rate)
    return element(
        "resources",
        format_element("r1", timebase.rate, media),
        format_element("r2", media.rate, media),
        element("asset", original, id="r3", name=title, start=start, duration=length, format="r2"),
    )


def _sound_resources(media: MediaInfo, timebase: Timebase, start: str, title: str) -> ET.Element:
    """Of sound alone: an asset without pictures, as long as it is, and a sequence of an ordinary size."""
    original = element("media-rep", kind="original-media", src=file_url(media.path))
    length = f"{media.duration.numerator}/{media.duration.denominator}s"
    asset = element(
        "asset", original, id="r3", name=title, start=start, duration=length, hasAudio="1", audioSources="1"
    )
    width, height = NOMINAL_SIZE
    shown = element(
        "format", id="r1", frameDuration=grid_seconds(1, timebase.rate), width=str(width), height=str(height)
    )
    return element("resources", shown, asset)


def format_element(name: str, rate: Fraction, media: MediaInfo) -> ET.Element:
    return element(
        "format", id=name, frameDuration=grid_seconds(1, rate), width=str(media.width), height=str(media.height)
    )


def conform_rate(media: MediaInfo, rate: Fraction) -> list[ET.Element]:
    """How media of another rate is played: in its own seconds, so that nothing shifts."""
    name = _RATE_NAMES.get(snap_rate(media.rate))
    if media.rate == rate or name is None:
        return []
    return [element("conform-rate", scaleEnabled="0", srcFrameRate=name)]


def _marker(marker: TimelineMarker, source: Timebase, rate: Fraction) -> ET.Element:
    start = exact_seconds(source.start_frame / source.rate + marker.frame / rate, rate)
    common = {"start": start, "duration": grid_seconds(marker.duration, rate), "value": marker.name}
    note = marker.note or None
    if marker.kind == "chapter":
        return element("chapter-marker", **common, note=note, posterOffset="0s")
    return element("marker", **common, note=note)


def counting(timebase: Timebase) -> str:
    return "DF" if timebase.drop_frame else "NDF"


def grid_seconds(frames: int, rate: Fraction) -> str:
    """Frames as seconds with the rate's own denominator, so that the grid can be seen: 1001/30000s."""
    return f"{frames * rate.denominator}/{rate.numerator}s" if frames else "0s"


def exact_seconds(seconds: Fraction, rate: Fraction) -> str:
    frames = seconds * rate
    if frames.denominator == 1:
        return grid_seconds(int(frames), rate)
    return f"{seconds.numerator}/{seconds.denominator}s"
