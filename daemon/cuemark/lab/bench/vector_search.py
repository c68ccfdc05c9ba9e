"""What exact search among very many vectors costs in time and memory, before any index is thought of.

`python -m cuemark.lab.bench.vector_search FILE COUNT DIMENSION QUERIES SEED` measures `library.vector_search` in a
process of its own, so that its memory is its own, and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from cuemark.core.files import atomic_write
from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.lab.bench.meters import current, lifetime_peak
from cuemark.library.vector_search import BLOCK, search

BEST = 50


@dataclass(frozen=True)
class Searched:
    """Seconds for one search over all vectors, with the file in the system's cache, and the process's peak memory."""

    seconds: float
    peak_bytes: int


def write_vectors(file: Path, count: int, dimension: int, seed: int, block: int = BLOCK) -> None:
    """`count` random unit vectors as float32 rows; the first n of a longer file are those of a shorter one."""
    generator = np.random.default_rng(seed)

    def write(stream: BinaryIO) -> None:
        for start in range(0, count, block):
            # Whole blocks are drawn, so that a length that is no multiple leaves the rows before it as they are.
            rows = generator.standard_normal((block, dimension), dtype=np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            stream.write(rows[: min(block, count - start)].tobytes())

    atomic_write(file, write)


def search_apart(file: Path, count: int, dimension: int, queries: int, seed: int) -> Searched:
    """`search` in a process of its own."""
    arguments = [str(file.absolute()), str(count), str(dimension), str(queries), str(seed)]
    command = python_command("cuemark.lab.bench.vector_search", *arguments)
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True, cwd=working_folder(), env=handed_on()
    )
    told = json.loads(ran.stdout)
    return Searched(told["seconds"], told["peak_bytes"])


def main(file: str, count: str, dimension: str, queries: str, seed: str) -> None:
    """Search twice, the first time to bring the file into the system's cache; print the second's seconds."""
    asked = np.random.default_rng(int(seed) + 1).standard_normal((int(queries), int(dimension)), dtype=np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    search(Path(file), int(count), asked, BEST)
    start = time.perf_counter()
    search(Path(file), int(count), asked, BEST)
    seconds = time.perf_counter() - start
    peak = lifetime_peak(os.getpid()) or current(os.getpid())
    print(json.dumps({"seconds": seconds, "peak_bytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
