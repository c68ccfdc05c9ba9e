"""`cuemark bench gentle`: what it says of a slowdown, and that it leaves no work behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cuemark.core.errors import CuemarkError, WorkerError
from cuemark.core.jobs import AnalyzeSpec, Job, JobError, JobEvent, JobProgress, JobState
from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import editor_loop
from cuemark.lab.bench import gentle as bench

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


class FakeClient:
    """A daemon whose one job does a hundred frames between two looks."""

    def __init__(self, **job: Any) -> None:
        self._job = job
        self._frames = 0
        self.cancelled: list[str] = []

    def watch_job(self, job_id: str) -> Iterator[JobEvent]:
        """The events until features are under way."""
        yield JobEvent(1, NOW, note="loading")
        yield JobEvent(2, NOW, progress=JobProgress("probe", 1, 1, "files"))
        yield JobEvent(3, NOW, progress=JobProgress("features", 16, 9999, "frames"))
        raise AssertionError("nobody should watch any longer")

    def get_job(self, job_id: str) -> Job:
        """The job as it stands."""
        self._frames += 100
        facts: dict[str, Any] = {"state": JobState.RUNNING, "error": None, "stage": "features", **self._job}
        progress = JobProgress(facts["stage"], self._frames, 9999, "frames")
        return Job(
            job_id, "r", AnalyzeSpec(Path("/a.mp4")), facts["state"], 1, NOW, error=facts["error"], progress=progress
        )

    def cancel_job(self, job_id: str) -> None:
        """Notes it."""
        self.cancelled.append(job_id)

    def status(self) -> SimpleNamespace:
        """A gentle worker."""
        return SimpleNamespace(worker_limits="gentle: nice 15")


@pytest.fixture
def quick_loop(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The editor's loop takes 2 ms a round while the worker runs and 1 ms while it is stopped; how many loops ran."""
    loops: list[int] = []

    def beside(count: int, seconds: float) -> float:
        loops.append(count)
        time.sleep(0.05)  # starting the processes takes longer than the loop
        return 0.002

    monkeypatch.setattr(bench, "seconds_a_round", beside)
    monkeypatch.setattr(bench._Work, "stopped", lambda self, count: 0.001)
    monkeypatch.setattr(bench, "LOOP_S", 0.01)
    return loops


def work(client: FakeClient) -> Any:
    """The context of a job under way on a fake daemon."""
    daemon: Any = SimpleNamespace(client=client)
    return bench._under_way(daemon, client.get_job("job"), SilentProgress())


def test_a_slowdown_is_the_share_of_the_loop_beside_to_the_loop_alone(quick_loop: list[int]) -> None:
    client = FakeClient()
    with work(client) as under_way:
        gentle = bench._slowdown(under_way, 2, True, 3, SilentProgress())
        ordinary = bench._slowdown(under_way, 1, False, 1, SilentProgress())
    assert client.cancelled == ["job"]
    assert gentle.ratios == (2.0, 2.0, 2.0)
    assert (gentle.name, gentle.goal, gentle.met) == ("gentle/gentle/all-cores", bench.GOAL, False)
    assert (ordinary.name, ordinary.goal) == ("gentle/ordinary/one-core", None)
    assert "--gentle" in gentle.about and "--gentle" not in ordinary.about
    assert set(quick_loop) == {1, 2}
    assert 0 < float(gentle.facts["frames a second beside the loop"]) <= 100 / 0.05
    assert gentle.facts["limits"] == "gentle: nice 15"


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ({"state": JobState.SUCCEEDED}, "bench_too_fast"),
        ({"stage": "moments"}, "bench_too_fast"),
        ({"state": JobState.FAILED, "error": JobError("out_of_memory", "m", "s")}, "out_of_memory"),
    ],
)
def test_work_that_ended_is_no_measurement(quick_loop: list[int], job: dict[str, Any], code: str) -> None:
    client = FakeClient(**job)
    with pytest.raises(CuemarkError) as found, work(client) as under_way:
        bench._slowdown(under_way, 1, True, 1, SilentProgress())
    assert found.value.code == code
    assert client.cancelled == ["job"], "no work is left behind"


def test_a_worker_that_never_gets_on_is_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_PATIENCE_S", -1.0)
    with pytest.raises(CuemarkError) as found, work(FakeClient()):
        pytest.fail("features were never under way")
    assert found.value.code == "bench_machine_busy"


def test_a_worker_is_stopped_while_the_loop_runs_alone_and_goes_on_after(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process = psutil.Process(sleeper.pid)
        stopped: list[bool] = []

        def alone(count: int, seconds: float) -> float:
            # The system stops it at its next turn, which on a busy machine is not at once.
            stopped.append(any(_soon(lambda: process.status() == psutil.STATUS_STOPPED)))
            return 1.0

        monkeypatch.setattr(bench, "seconds_a_round", alone)
        daemon: Any = SimpleNamespace(worker_pid=lambda: sleeper.pid)
        client = FakeClient()
        bench._Work(daemon, client.get_job("job")).stopped(1)
        assert stopped == [True]
        assert any(_soon(lambda: process.status() != psutil.STATUS_STOPPED))
    finally:
        sleeper.kill()
        sleeper.wait()


def _soon(what: Callable[[], bool]) -> Iterator[bool]:
    """`what` again and again for some seconds."""
    for _ in range(500):
        yield what()
        time.sleep(0.02)


def test_the_loop_counts_rounds_in_processes_of_its_own() -> None:
    assert 0 < editor_loop.seconds_a_round(2, 0.2) < 10


def test_a_loop_that_ends_early_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_loop, "_started", lambda seconds: subprocess.Popen(
        [sys.executable, "-c", "pass"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ))  # fmt: skip
    with pytest.raises(WorkerError) as found:
        editor_loop.seconds_a_round(1, 0.2)
    assert found.value.code == "bench_loop_failed"
