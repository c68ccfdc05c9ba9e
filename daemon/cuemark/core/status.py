"""What the daemon tells of itself beside jobs and analyses: versions, devices, models, cache, formats of export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from cuemark.core.analysis import Notice


@dataclass(frozen=True)
class ModelInfo:
    """A registry entry: what it joins by role, its bytes in all and on this disk, and whether it can be used now."""

    name: str
    description: str
    architectures: dict[str, str]
    licence: str
    size: int
    size_on_disk: int
    ready: bool
    built_in: bool


@dataclass(frozen=True)
class DeviceInfo:
    """Where one role ("clip", "lm") runs: what was asked, what was got, and why."""

    role: str
    asked: str
    used: str
    reason: str


@dataclass(frozen=True)
class LoadedModels:
    """What a worker has loaded: where each role runs, and the models' names for people."""

    devices: tuple[DeviceInfo, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class DaemonVersion:
    """Which daemon answers."""

    version: str
    protocol: int
    instance_id: str


@dataclass(frozen=True)
class DaemonStatus:
    """The daemon as it is now.

    `devices` and `loaded_models` are empty until a job has loaded models; `worker_limits` says in words how the worker
    is held back ("" where it is not, or there is none).
    """

    version: str
    protocol: int
    instance_id: str
    pid: int
    started_at: datetime
    endpoint: str
    data_path: Path
    log_path: Path
    disk_free: int
    devices: tuple[DeviceInfo, ...]
    loaded_models: tuple[str, ...]
    jobs_queued: int
    jobs_running: int
    worker_pid: int | None
    worker_limits: str = ""


@dataclass(frozen=True)
class CacheInfo:
    """The feature cache: its folder, bytes on disk, number of whole tracks."""

    path: Path
    bytes: int
    tracks: int


@dataclass(frozen=True)
class PruneResult:
    """What a prune gave back."""

    bytes_freed: int
    files_removed: int


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
    `transliterate` writes titles and captions in ASCII.
    """

    rate: Fraction | None = None
    drop_frame: bool | None = None
    start_timecode: str | None = None
    transliterate: bool = False


@dataclass(frozen=True)
class ExportedFile:
    """An exported file as bytes, with a name to save it under."""

    name: str
    data: bytes
    warnings: tuple[Notice, ...] = ()
