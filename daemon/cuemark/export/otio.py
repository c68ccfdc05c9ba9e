"""OpenTimelineIO: a timeline of one clip that carries the markers.

Written as JSON rather than through the library, so that the schema versions stay those that every reader knows:
Clip.2, and Marker.2 with a colour name (newer libraries write Marker.3, which older readers refuse).  The shape is
the one Resolve accepts: media_references map, bare path as target_url, source ranges in absolute source timecode.
Not verified on a live Resolve.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.analysis import Analysis, Notice, Tag
from cuemark.core.analysis_json import tag_object
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.media import total_frames
from cuemark.core.text import printable_path
from cuemark.core.timebase import snap_rate
from cuemark.export.base import Exporter, json_file
from cuemark.export.sequence import Sequence, marked, record_timebase, source_timebase
from cuemark.export.xml_file import file_url
from cuemark.markers.build import plain

COLOURS = {"chapter": "PURPLE", "moment": "CYAN", "shot": "ORANGE"}
_READ_OTHERWISE = re.compile("[%#?;\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What means something else in a URL, is cut off by its readers, or is no UTF-8."""


class OtioExporter(Exporter):
    """Markers lie on the clip, in its own (source timecode) frames at the media's rate.

    The options' rate, drop-frame and start timecode are those of the timeline around it.
    """

    name = "otio"
    suffix = ".otio"
    description = "OpenTimelineIO, for Resolve, Premiere, Kdenlive and others"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        source, notices = source_timebase(media, ExportOptions())
        record = record_timebase(snap_rate(options.rate) if options.rate is not None else media.rate, options)
        found = marked(analysis, source, options)
        whole = time_range(source.start_frame, total_frames(media), media.rate)
        name = printable_path(media.path).rpartition("/")[2]
        clip = item(
            "Clip.2",
            name,
            source_range=whole,
            markers=[_marker(marker, found, _tags(marker, analysis, options)) for marker in found.markers],
            media_references={"DEFAULT_MEDIA": reference(target_url(media.path), name, whole)},
            active_media_reference_key="DEFAULT_MEDIA",
        )
        named, kind = ("V1", "Video") if media.has_picture else ("A1", "Audio")
        track = item("Track.1", named, children=[clip], kind=kind)
        timeline = {
            "OTIO_SCHEMA": "Timeline.1",
            "metadata": {},
            "name": name,
            "global_start_time": rational_time(record.start_frame, record.rate),
            "tracks": item("Stack.1", "tracks", children=[track]),
        }
        return json_file(timeline), notices + found.notices

    def _remarked(self, text: str, remark: str) -> str:
        return json_file({**json.loads(text), "metadata": {"cuemark": {"warning": remark}}})


def item(schema: str, name: str, **fields: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"metadata": {}, "source_range": None, "effects": [], "markers": [], "enabled": True}
    return {"OTIO_SCHEMA": schema, "name": name, **empty, **fields}


def target_url(path: Path) -> str:
    """The path as it is, which is what Resolve reads; as a URL where readers of URLs would read another path in it."""
    text = os.fspath(path)
    return file_url(path) if _READ_OTHERWISE.search(text) else text


def reference(path: str, name: str, available: dict[str, Any]) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": name,
        "available_range": available,
        "available_image_bounds": None,
        "target_url": path,
    }


def _tags(marker: TimelineMarker, analysis: Analysis, options: ExportOptions) -> list[dict[str, Any]]:
    """The tags of the moments that a marker stands for, each once, best first."""
    told = {marker.segment_id, *marker.merged}
    tags = [tag for moment in analysis.moments if moment.id in told for tag in moment.tags]
    best: dict[str, Tag] = {}
    for tag in sorted(tags, key=lambda tag: -tag.score):
        word = plain(tag.word, options.transliterate)
        best.setdefault(word, replace(tag, word=word))
    return [tag_object(tag) for word, tag in best.items() if word]


def _marker(marker: TimelineMarker, found: Sequence, tags: list[dict[str, Any]]) -> dict[str, Any]:
    start = found.timebase.start_frame + marker.frame
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"cuemark": {"kind": marker.kind, **({"tags": tags} if tags else {})}},
        "name": marker.name,
        "comment": found.full_text(marker),
        "color": COLOURS[marker.kind],
        "marked_range": time_range(start, marker.duration, found.timebase.rate),
    }


def time_range(start: int, frames: int, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": rational_time(start, rate),
        "duration": rational_time(frames, rate),
    }


def rational_time(frames: int, rate: Fraction) -> dict[str, Any]:
    # The schema has no rational rate; a double of n*1000/1001 is what every writer puts here.
    return {"OTIO_SCHEMA": "RationalTime.1", "value": float(frames), "rate": float(rate)}
