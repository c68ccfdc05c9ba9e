"""What the daemon tells of itself beside jobs and analyses: versions, devices, models, cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cuemark.core.errors import Notice


@dataclass(frozen=True)
class ModelInfo:
    """A registry entry: what it joins by role, its bytes in all and on this disk, and whether it can be used now.

    `title` is what it is and `understands` what it knows, in words; `source` is the host it is pulled from, "" of one
    that is built in.  `is_default` is true of the one that is taken where nobody names another.

    `pages` are its cards' addresses by role.  `fits` says whether this machine carries it, `why` why or why not, and
    `recommended` is true of the best that does; `memory` bytes it takes and `seconds_a_minute` of footage are 0 where
    unknown, the latter "measured" or "estimated" (`seconds_from`).
    """

    name: str
    description: str
    architectures: dict[str, str]
    licence: str
    size: int
    size_on_disk: int
    ready: bool
    built_in: bool
    title: str = ""
    understands: str = ""
    source: str = ""
    is_default: bool = False
    pages: dict[str, str] = field(default_factory=dict)
    fits: bool = True
    recommended: bool = False
    why: str = ""
    memory: int = 0
    seconds_a_minute: float = 0.0
    seconds_from: str = ""


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
    """Which daemon answers, and what everybody who asks it for something should know (of its library)."""

    version: str
    protocol: int
    instance_id: str
    notices: tuple[Notice, ...] = ()


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
    """The cache of vectors and transcripts: its folder, bytes on disk, number of entries."""

    path: Path
    bytes: int
    tracks: int


@dataclass(frozen=True)
class PruneResult:
    """What a prune gave back."""

    bytes_freed: int
    files_removed: int
