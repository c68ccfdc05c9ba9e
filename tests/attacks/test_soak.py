"""Two thousand short analyses through one daemon and one worker: memory, open files and threads stay as they were.

Each is of a file of its own, with the shipped sample models and a search that is over soon; some are edited, exported,
asked for again, or cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from cuemark.core import settings as configuration
from cuemark.core.analysis import AddEdit, MomentEdit
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import JobState
from cuemark.rpc.client.client import CuemarkClient
from tests.daemon.conftest import Home

ANALYSES, AT_ONCE = 2000, 50
WARM = 400
"""So many may fill caches that have a size; from then on nothing grows."""
QUICK = {"rounds": "1", "search.beams": "1", "search.candidates": "2", "search.most_tokens": "3", "masks.steps": "2"}
OPTIONS = AnalysisOptions(moments=1, preset="fast", settings=QUICK)


@pytest.fixture
def home(cuemark_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = Home(configuration.load())
    yield made
    made.end()


@dataclass(frozen=True)
class Usage:
    """What the daemon and its worker hold."""

    daemon_mib: float
    daemon_files: int
    daemon_threads: int
    worker_mib: float
    worker_files: int
    worker_threads: int

    @classmethod
    def now(cls, client: CuemarkClient) -> Usage:
        status = client.status()
        assert status.worker_pid is not None
        found: list[float] = []
        for pid in (status.pid, status.worker_pid):
            process = psutil.Process(pid)
            found += [process.memory_info().rss / 2**20, process.num_fds(), process.num_threads()]
        return cls(found[0], int(found[1]), int(found[2]), found[3], int(found[4]), int(found[5]))


def clip(path: Path, number: int) -> Path:
    """A second of a square of its own that moves: 2 KB."""
    chance = np.random.default_rng(number)
    ground, colour = chance.integers(0, 256, (2, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for step in range(8):
            picture = np.empty((64, 64, 3), np.uint8)
            picture[:] = ground
            left = int(4 + 5 * step * (1 if number % 2 else 0.5))
            picture[20:44, left : left + 20] = colour
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_analyses_through_one_daemon(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = CuemarkClient.connect(home.settings)
    begun, usages, first = time.monotonic(), dict[int, Usage](), client.status()
    for start in range(0, ANALYSES, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        # The last of each batch is the first one again: the same footage, with vectors that are there.
        paths = [clip(tmp_path / f"{number}.mp4", number) for number in numbers[:-1]] + [tmp_path / f"{start}.mp4"]
        jobs = [client.submit_analyze(path, OPTIONS) for path in paths]
        dropped = client.cancel_job(client.submit_analyze(paths[0], OPTIONS).id)
        assert dropped.state is JobState.CANCELLED
        ended = [client.wait_job(job.id) for job in jobs]
        assert [(job.state, job.error) for job in ended] == [(JobState.SUCCEEDED, None)] * AT_ONCE
        work_on(client, ended[0].analysis_id or "")
        usages[start + AT_ONCE] = Usage.now(client)
        for path in paths[1:-1]:
            path.unlink()
    seconds = time.monotonic() - begun
    last = client.status()
    assert (last.pid, last.instance_id, last.worker_pid) == (first.pid, first.instance_id, worker_of(client))
    assert len(client.list_analyses(limit=10 * ANALYSES)) == ANALYSES
    warm = [usage for number, usage in usages.items() if WARM <= number <= WARM + 400]
    late = [usage for number, usage in usages.items() if number > ANALYSES - 400]
    cpu = sum(psutil.Process(pid).cpu_times().user for pid in (last.pid, worker_of(client)))
    with capsys.disabled():
        print(f"\n{ANALYSES} analyses in {seconds:.0f} s, {seconds / ANALYSES:.2f} s each ({cpu:.0f} s of a processor)")
        for name in Usage.__dataclass_fields__:
            print(f"  {name}: {mean(warm, name):.1f} after {WARM} to {WARM + 400}, {mean(late, name):.1f} at the end")
    assert "Traceback" not in home.settings.log_file.read_text("utf-8")
    for name, most in {"daemon_mib": 12, "worker_mib": 40, "daemon_files": 4, "worker_files": 4}.items():
        assert mean(late, name) - mean(warm, name) < most, name
    for name in ("daemon_threads", "worker_threads"):
        assert mean(late, name) - mean(warm, name) < 2, name


def mean(usages: list[Usage], name: str) -> float:
    return sum(float(getattr(usage, name)) for usage in usages) / len(usages)


def worker_of(client: CuemarkClient) -> int:
    worker = client.status().worker_pid
    assert worker is not None
    return worker


def work_on(client: CuemarkClient, analysis_id: str) -> None:
    """What somebody does with an analysis."""
    found = client.edit_analysis(analysis_id, AddEdit("moment", Fraction(0), Fraction(1, 2), "seen by me"))
    client.edit_analysis(analysis_id, MomentEdit(found.moments[0].id, caption="other words"))
    client.undo_edits(analysis_id, found.moments[0].id)
    for name in ("json", "csv", "edl", "fcpxml"):
        assert client.export(analysis_id, name).data
    client.list_jobs(limit=10)
