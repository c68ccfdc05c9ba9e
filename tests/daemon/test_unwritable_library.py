"""A library that cannot be written while a job runs: locked by another program, or on a disk without room.

Neither ends a healthy worker, nor leaves a job at work that nobody works on; and the daemon answers all the while.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import StoreError
from cuemark.core.jobs import Job, JobState
from cuemark.rpc.client.client import CuemarkClient

if sys.platform == "win32":
    pytest.skip("limits of other processes cannot be set there", allow_module_level=True)

import resource


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds the library's lock for writing."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def without_room(pid: int) -> Iterator[None]:
    """No file of a process may grow: what a full disk looks like to it."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system sets no limits of other processes")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def unwritable(home: Any, why: str) -> Iterator[None]:
    with locked(home.settings.library_file) if why == "locked" else without_room(home.endpoint().pid):
        yield


def at_work(client: CuemarkClient, name: str) -> Job:
    job = client.submit_analyze(Path("/footage", name))
    next(event for event in client.watch_job(job.id) if event.progress is not None)
    return job


def row_of(home: Any, job: Job) -> tuple[str, str | None]:
    with sqlite3.connect(home.settings.library_file) as connection:
        found: tuple[str, str | None] = connection.execute(
            "SELECT state, owner FROM jobs WHERE id = ?", (job.id,)
        ).fetchone()
    connection.close()
    return found


WHYS = pytest.mark.parametrize("why", ["locked", "no room"])


@WHYS
def test_a_job_goes_on_and_its_result_is_kept_once_the_library_can_be_written(home: Any, why: str) -> None:
    client = home.connect()
    job = at_work(client, "steps-30.mp4")
    worker = client.status().worker_pid
    with unwritable(home, why):
        time.sleep(3.5)  # the work itself takes half of that
        assert client.get_job(job.id).state is JobState.RUNNING
    done = client.wait_job(job.id)
    assert done.state is JobState.SUCCEEDED and done.attempt == 1
    assert done.counters["chunks_computed"] == 30
    assert client.status().worker_pid == worker
    assert done.analysis_id is not None and client.get_analysis(done.analysis_id).moments
    assert row_of(home, job) == ("succeeded", None)


@WHYS
def test_calls_are_answered_at_once_meanwhile(home: Any, why: str) -> None:
    client = home.connect()
    at_work(client, "steps-200.mp4")
    with unwritable(home, why):
        for _ in range(20):
            begun = time.monotonic()
            assert client.status().jobs_running == 1
            assert time.monotonic() - begun < 1
            time.sleep(0.05)


@WHYS
@pytest.mark.parametrize("name", ["stubborn.mp4", "steps-10.mp4"])
def test_a_cancel_cancels_and_tells_the_truth(home: Any, why: str, name: str) -> None:
    client = home.connect()
    job = at_work(client, name)
    with unwritable(home, why):
        time.sleep(1.0)  # the shortest is done by then, and waits to be kept
        begun = time.monotonic()
        assert client.cancel_job(job.id).state is JobState.CANCELLED
        assert time.monotonic() - begun < 3
        assert client.wait_job(job.id).state is JobState.CANCELLED
        assert [each.state for each in client.list_jobs()] == [JobState.CANCELLED]
        assert client.status().jobs_running == 0
    home.wait_until(lambda: row_of(home, job) == ("cancelled", None))
    after = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    assert after.state is JobState.SUCCEEDED
    assert client.list_analyses()[0].path == Path("/footage/quick.mp4") and len(client.list_analyses()) == 1


@WHYS
def test_a_job_that_waits_is_cancelled_and_never_begun(home: Any, why: str) -> None:
    client = home.connect()
    at_work(client, "steps-60.mp4")
    waiting = client.submit_analyze(Path("/footage/quick.mp4"))
    with unwritable(home, why):
        assert client.cancel_job(waiting.id).state is JobState.CANCELLED
    home.wait_until(lambda: row_of(home, waiting) == ("cancelled", None))
    assert client.get_job(waiting.id).started_at is None


@pytest.mark.slow
@WHYS
def test_a_result_that_cannot_be_kept_fails_the_job_and_its_watcher_hears_why(home: Any, why: str) -> None:
    client = home.connect()
    job = at_work(client, "steps-20.mp4")
    with unwritable(home, why):
        begun = time.monotonic()
        failed = client.wait_job(job.id)
        assert time.monotonic() - begun < 40
        assert failed.state is JobState.FAILED and failed.error is not None
        assert failed.error.code in ("library_locked", "library_unusable", "disk_full")
        assert f"cuemark jobs retry {job.id}" in failed.error.next_step
        assert client.status().jobs_running == 0
        with pytest.raises(StoreError):
            client.retry_job(job.id)
    home.wait_until(lambda: row_of(home, job) == ("failed", None))
    again = client.wait_job(client.retry_job(job.id).id)
    assert again.state is JobState.SUCCEEDED and again.counters["chunks_from_cache"] >= 20


@pytest.mark.slow
@WHYS
def test_a_worker_that_dies_meanwhile_is_started_again(home: Any, why: str) -> None:
    client = home.connect()
    job = at_work(client, "steps-60.mp4")
    with unwritable(home, why):
        os.kill(client.status().worker_pid or 0, 9)
        time.sleep(1.0)
    done = client.wait_job(job.id)
    assert done.state is JobState.SUCCEEDED and done.attempt == 2


def test_a_call_that_writes_waits_for_a_lock_and_others_do_not(home: Any) -> None:
    client = home.connect()
    done = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    begun = time.monotonic()
    with locked(home.settings.library_file), pytest.raises(StoreError) as refused:
        client.edit_moment(done.analysis_id or "", "m1", caption="a dog")
    assert refused.value.code == "library_locked" and "locked" in refused.value.message and refused.value.next_step
    assert 3 < time.monotonic() - begun < 9


def test_a_daemon_that_is_killed_meanwhile_leaves_nothing_at_work(home: Any) -> None:
    client = home.connect()
    job = at_work(client, "steps-30.mp4")
    with locked(home.settings.library_file):
        client.cancel_job(job.id)
        home.kill_daemon()
    done = home.connect().wait_job(job.id)
    assert done.state.ended
