"""What is ordered of a scan and what it answers: the values that pass between command, driver and actors."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.footage import Indexed
from cuemark.core.jobs import JobError
from cuemark.core.settings import Settings

LOCAL = "local"
"""The address that means this machine alone: Ray is started for the scan and ends with it."""
LONG_S = 30 * 60.0
"""Footage from this length on is encoded in parts, by several workers."""


@dataclass(frozen=True)
class ScanOrder:
    """What the driver process is asked for.

    `address`: `LOCAL`, or that of a cluster as `ray.init` takes it; `workers`: None for one a GPU, or one for two
    processors; `long_s`: from which length on a file is encoded in parts; `scratch`: a short path of an empty folder,
    for what Ray writes.
    """

    paths: tuple[Path, ...]
    options: AnalysisOptions
    settings: Settings
    scratch: Path
    address: str = LOCAL
    workers: int | None = None
    long_s: float = LONG_S

    @property
    def is_local(self) -> bool:
        """Whether this machine does all of it, and what a worker writes is where it belongs."""
        return self.address == LOCAL


@dataclass(frozen=True)
class ScanRow:
    """One row of the work: [start, end) of a file, in seconds from its first frame; None for the whole file.

    Starts of parts are keyframes where the file tells them, so that nothing before them has to be decoded.
    """

    path: Path
    start: Fraction | None = None
    end: Fraction | None = None

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a longer file."""
        return self.start is not None


@dataclass(frozen=True)
class ScanResult:
    """What became of one row: the media that is in the index now, or an error; neither for a part.

    `samples` counts the frames that were encoded for it; `files` says that the bytes of an entry came with it.
    """

    row: ScanRow
    indexed: Indexed | None = None
    error: JobError | None = None
    samples: int = 0


@dataclass(frozen=True)
class Places:
    """Where the work is done: how many workers, on how many GPUs, with how many processors each (None: all)."""

    workers: int
    gpus: int = 0
    cores: int | None = None


@dataclass(frozen=True)
class ScanEnd:
    """How a scan ended: `seconds` of work without the start of Ray and of the workers, and those `starting` took."""

    seconds: float = 0.0
    starting: float = 0.0
    failed: JobError | None = field(default=None)
