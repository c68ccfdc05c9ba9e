"""Thousands of damaged files of forty kinds: the daemon stays, each ends with a result or a reason, within bounds."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import JobState
from cuemark.core.progress import SilentProgress
from cuemark.lab.bench.meters import lifetime_peak
from cuemark.lab.bench.own_daemon import own_daemon
from tests.attacks.hostile_films import FILMS, mutants, written

SEED = 20260727
_MUTANTS = 4000
_THROUGH_THE_DAEMON = 100
_MOST_SECONDS = 60
_MOST_BYTES = 2 << 30
_CHILD = Path(__file__).with_name("media_child.py")


@dataclass
class Figures:
    """What came of a share of the mutants."""

    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak: int = 0
    faults: list[str] = field(default_factory=list)

    def told(self) -> str:
        read = self.codes["read"]
        others = ", ".join(f"{code} {count}" for code, count in self.codes.most_common() if code != "read")
        return f"{read} read, {others}; slowest {self.slowest:.1f} s, at most {self.peak >> 20} MiB"


class Child:
    """One process that reads files one after the other; another takes its place where it dies or hangs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        assert self.process.stdout is not None
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def outcome(self, path: Path) -> dict[str, Any] | None:
        """What came of a file; None where the process died or took too long."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        try:
            line = self._lines.get(timeout=_MOST_SECONDS)
        except queue.Empty:
            return None
        return json.loads(line) if line else None

    def peak(self) -> int:
        return lifetime_peak(self.process.pid) or 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._lines.put(line)
        self._lines.put(b"")


@contextmanager
def _child() -> Iterator[list[Child]]:
    held = [Child()]
    try:
        yield held
    finally:
        held[0].close()


@pytest.fixture(scope="module")
def films() -> dict[str, bytes]:
    made = {film.name: data for film in FILMS if (data := written(film))}
    assert len(made) >= 30, sorted(film.name for film in FILMS if film.name not in made)
    return made


def _tried(paths: list[Path]) -> Figures:
    figures = Figures()
    with _child() as held:
        for path in paths:
            found = held[0].outcome(path)
            figures.peak = max(figures.peak, held[0].peak())
            if found is None:
                figures.faults.append(f"{path.name}: the process ended or took over {_MOST_SECONDS} s")
                held[0].close()
                held[0] = Child()
                continue
            figures.codes[found["code"] or "read"] += 1
            figures.slowest = max(figures.slowest, found["seconds"])
            if found["code"] == "fault" or found["outside"]:
                figures.faults.append(f"{path.name}: {found}")
    return figures


def test_the_whole_films_are_read(films: dict[str, bytes], tmp_path: Path) -> None:
    """What is damaged later is sound before, or the damage would prove nothing."""
    paths = []
    for name, data in films.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    figures = _tried(paths)
    assert not figures.faults and figures.codes == {"read": len(films)}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_thousands_of_mutants(films: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = _tried(mutants(tmp_path, films, _MUTANTS, SEED))
    with capsys.disabled():
        print(f"\nhostile media: {_MUTANTS} mutants of {len(films)} kinds: {figures.told()}")
    assert not figures.faults, "\n".join(figures.faults[:10])
    assert figures.codes.total() == _MUTANTS
    assert figures.slowest < _MOST_SECONDS and figures.peak < _MOST_BYTES


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_mutants_through_a_daemon(films: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    paths = mutants(tmp_path, films, _THROUGH_THE_DAEMON, SEED + 1)
    options = AnalysisOptions(preset="fast", models={"clip": "sample", "lm": "sample"})
    with own_daemon(tmp_path / "home", SilentProgress()) as daemon:
        pid = daemon.client.endpoint.pid
        for path in paths:
            begun = time.monotonic()
            job = daemon.client.wait_job(daemon.client.submit_analyze(path, options).id)
            figures.slowest = max(figures.slowest, time.monotonic() - begun)
            figures.peak = max(figures.peak, daemon.worker_memory())
            figures.codes["read" if job.error is None else job.error.code] += 1
            if job.state is JobState.SUCCEEDED:
                analysis = daemon.client.get_analysis(job.analysis_id or "")
                spans = [(moment.start, moment.end) for moment in analysis.moments]
                spans += [(chapter.start, chapter.end) for chapter in analysis.chapters]
                if any(not 0 <= start < end <= analysis.media.duration for start, end in spans):
                    figures.faults.append(f"{path.name}: {spans} outside of {analysis.media.duration}")
            elif job.error is None or job.error.code in ("internal_error", "worker_crashed"):
                figures.faults.append(f"{path.name}: {job.error}")
        assert psutil.pid_exists(pid) and daemon.client.endpoint.pid == pid
        assert daemon.client.list_jobs(limit=1000)
    with capsys.disabled():
        print(f"\nhostile media, through the daemon: {len(paths)} mutants: {figures.told()}")
    assert not figures.faults, "\n".join(figures.faults)
    assert figures.slowest < _MOST_SECONDS and figures.peak < _MOST_BYTES
