"""OpenTimelineIO: a timeline of one clip that carries the markers.

Written as JSON rather than through the library, so that the schema versions stay those that every reader knows:
Clip.2, and Marker.2 with a colour name (newer libraries write Marker.3, which older readers refuse).  The shape is
the one Resolve accepts: media_references map, bare path as target_url, source ranges in absolute source timecode.
Not verified on a live Resolve.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.timebase import snap_rate
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.json_object import valid
from cuemark.export.markers import FrameMarker, markers_of
from cuemark.export.spans import total_frames
from cuemark.export.text import printable
from cuemark.export.timeline import record_timeline, source_timeline

CHAPTER_COLOUR = "PURPLE"
MOMENT_COLOUR = "CYAN"


class OtioExporter(Exporter):
    """Markers lie on the clip, in its own (source timecode) frames at the media's rate.

    The options' rate, drop-frame and start timecode are those of the timeline around it.
    """

    name = "otio"
    suffix = ".otio"
    description = "OpenTimelineIO, for Resolve, Premiere, Kdenlive and others"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        media = analysis.media
        source, notices = source_timeline(media, ExportOptions())
        record = record_timeline(snap_rate(options.rate) if options.rate is not None else media.rate, options)
        markers, more = markers_of(analysis, media.rate, options)
        whole = _range(source.start_frame, total_frames(media), media.rate)
        name = valid(printable(media.path)).rpartition("/")[2]
        clip = _item(
            "Clip.2",
            name,
            source_range=whole,
            markers=[_marker(marker, source.start_frame, media.rate) for marker in markers],
            media_references={"DEFAULT_MEDIA": _reference(printable(media.path), name, whole)},
            active_media_reference_key="DEFAULT_MEDIA",
        )
        track = _item("Track.1", "V1", children=[clip], kind="Video")
        timeline = {
            "OTIO_SCHEMA": "Timeline.1",
            "metadata": {},
            "name": name,
            "global_start_time": _time(record.start_frame, record.rate),
            "tracks": _item("Stack.1", "tracks", children=[track]),
        }
        return json.dumps(timeline, ensure_ascii=False, indent=2) + "\n", notices + more


def _item(schema: str, name: str, **fields: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"metadata": {}, "source_range": None, "effects": [], "markers": [], "enabled": True}
    return {"OTIO_SCHEMA": schema, "name": name, **empty, **fields}


def _reference(path: str, name: str, available: dict[str, Any]) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": name,
        "available_range": available,
        "available_image_bounds": None,
        "target_url": path,
    }


def _marker(marker: FrameMarker, start_frame: int, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"cuemark": {"kind": "chapter" if marker.is_chapter else "moment"}},
        "name": marker.name,
        "comment": marker.name,
        "color": CHAPTER_COLOUR if marker.is_chapter else MOMENT_COLOUR,
        "marked_range": _range(start_frame + marker.frame, marker.duration, rate),
    }


def _range(start: int, frames: int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(start, rate), "duration": _time(frames, rate)}


def _time(frames: int, rate: Fraction) -> dict[str, Any]:
    # The schema has no rational rate; a double of n*1000/1001 is what every writer puts here.
    return {"OTIO_SCHEMA": "RationalTime.1", "value": float(frames), "rate": float(rate)}
