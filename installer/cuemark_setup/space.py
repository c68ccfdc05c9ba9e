"""Is there room?  Sizes measured on Linux x86-64 in November 2026, rounded up."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cuemark_setup.problems import GIB, not_enough_disk


@dataclass(frozen=True)
class Footprint:
    """Bytes that a set-up takes in its environment, and for downloads in the temporary folder and pip's cache."""

    environment: int
    downloads: int

    @property
    def total(self) -> int:
        return self.environment + self.downloads


CPU_ONLY = Footprint(environment=int(2.3 * GIB), downloads=int(0.9 * GIB))
WITH_CUDA = Footprint(environment=int(8.6 * GIB), downloads=int(3.6 * GIB))
# Of these, what is left to come once torch itself is there (its CUDA libraries come with the other packages).
CPU_ONLY_REST = Footprint(environment=int(1.4 * GIB), downloads=int(0.6 * GIB))
WITH_CUDA_REST = Footprint(environment=int(6.6 * GIB), downloads=int(2.9 * GIB))
UPDATE = Footprint(environment=int(0.5 * GIB), downloads=int(0.5 * GIB))


def check_space(env: Path, footprint: Footprint) -> None:
    """Raise not_enough_disk unless the disks of `env` and of the temporary folder have room.

    `env` is a folder that exists.
    """
    temporary = Path(tempfile.gettempdir())
    if env.stat().st_dev == temporary.stat().st_dev:
        _check(env, footprint.total)
        return
    _check(env, footprint.environment)
    _check(temporary, footprint.downloads)


def _check(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise not_enough_disk(folder, needed, free)
