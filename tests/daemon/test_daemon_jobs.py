"""Jobs through a real daemon and a real worker process; only the work itself is made up."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.analysis_options import MODEL_ROLES, AnalysisOptions
from cuemark.core.errors import CuemarkError, DaemonError, NotFoundError, OptionError
from cuemark.core.jobs import JobEvent, JobState
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from cuemark.rpc.contract.protocol import PROTOCOL

CHUNKS = 40


def until_chunk(client: CuemarkClient, job_id: str, chunk: int) -> JobEvent:
    """Watches until so many chunks are done."""
    for event in client.watch_job(job_id):
        if event.progress is not None and event.progress.done >= chunk:
            return event
    raise AssertionError("the job ended before")


def test_an_analysis_is_queued_run_and_kept(client: CuemarkClient) -> None:
    job = client.submit_analyze(Path("/footage/quick.mp4"), AnalysisOptions(seed=7, sample_rate=Fraction(5, 2)))
    events = list(client.watch_job(job.id))
    states = [event.job.state for event in events if event.job is not None]
    assert states == [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED]
    done = client.get_job(job.id[:6])
    assert done.spec.options == AnalysisOptions(  # type: ignore[union-attr]
        seed=7, sample_rate=Fraction(5, 2), models=dict.fromkeys(MODEL_ROLES, "sample")
    )
    assert done.analysis_id is not None
    analysis = client.get_analysis(done.analysis_id)
    assert analysis.moments[0].start == Fraction(1, 3)
    assert analysis.moments[0].mask is not None
    assert client.get_analysis(done.analysis_id, brief=True).moments[0].mask is None
    assert [chapter.title for chapter in analysis.chapters] == ["Cat", "Bird"]
    assert [notice.code for notice in done.warnings] == ["sample_models"]


def test_events_are_numbered_and_a_new_subscription_loses_nothing(client: CuemarkClient) -> None:
    job = client.submit_analyze(Path("/footage/steps-20.mp4"))
    first = list(itertools.takewhile(lambda e: e.progress is None or e.progress.done < 8, client.watch_job(job.id)))
    rest = list(client.watch_job(job.id, first[-1].sequence))
    told = first + rest
    numbers = [event.sequence for event in told if not event.heartbeat]
    assert numbers == sorted(set(numbers))
    assert [event.note for event in told if event.note] == ["all chunks are there"]
    states = [event.job.state for event in told if event.job is not None]
    assert states == [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED]
    done = [event.progress.done for event in told if event.progress is not None]
    assert done == sorted(done)
    assert list(client.watch_job(job.id, numbers[-1])) == []


def test_progress_is_coalesced_and_tells_rate_and_time_left(client: CuemarkClient) -> None:
    job = client.submit_analyze(Path("/footage/steps-60.mp4"))
    events = [event for event in client.watch_job(job.id) if event.progress is not None]
    seconds = (events[-1].at - events[0].at).total_seconds()
    assert len(events) / seconds <= 11
    middle = events[len(events) // 2].progress
    assert middle is not None
    assert (middle.stage, middle.unit, middle.total) == ("features", "chunks", 60)
    assert 2 < middle.rate <= 25
    assert middle.seconds_left == pytest.approx((60 - middle.done) / middle.rate)


def test_the_same_request_gives_the_same_job(client: CuemarkClient) -> None:
    first = client.submit_analyze(Path("/footage/quick.mp4"), request_id="one request")
    again = client.submit_analyze(Path("/footage/quick.mp4"), request_id="one request")
    other = client.submit_analyze(Path("/footage/quick.mp4"))
    assert first.id == again.id != other.id
    assert len(client.list_jobs()) == 2


def test_a_dropped_watch_does_not_cancel(client: CuemarkClient) -> None:
    job = client.submit_analyze(Path("/footage/steps-15.mp4"))
    stream = client.watch_job(job.id)
    next(iter(stream))
    stream.close()
    assert client.wait_job(job.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize("name", ["steps-400.mp4", "stubborn.mp4"])
def test_a_cancel_takes_under_two_seconds(client: CuemarkClient, name: str) -> None:
    job = client.submit_analyze(Path("/footage", name))
    next(event for event in client.watch_job(job.id) if event.progress is not None)
    begun = time.monotonic()
    cancelled = client.cancel_job(job.id)
    assert cancelled.state is JobState.CANCELLED
    assert time.monotonic() - begun < 2
    after = client.submit_analyze(Path("/footage/quick.mp4"))
    assert client.wait_job(after.id).state is JobState.SUCCEEDED
    assert client.cancel_job(after.id).state is JobState.SUCCEEDED


def test_a_queued_job_is_cancelled_before_it_begins(client: CuemarkClient) -> None:
    running = client.submit_analyze(Path("/footage/steps-200.mp4"))
    waiting = client.submit_analyze(Path("/footage/quick.mp4"))
    assert client.cancel_job(waiting.id).state is JobState.CANCELLED
    assert client.get_job(running.id).state is JobState.RUNNING
    assert client.get_job(waiting.id).started_at is None


def test_a_killed_daemon_loses_nothing_and_computes_nothing_twice(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path(f"/footage/steps-{CHUNKS}.mp4"))
    queued = client.submit_analyze(Path("/footage/quick.mp4"))
    event = until_chunk(client, job.id, 10)
    worker = client.status().worker_pid
    home.kill_daemon()
    home.wait_until(lambda: not os.path.exists(f"/proc/{worker}") or not os.path.isdir("/proc"))

    fresh = home.connect()
    rest = list(fresh.watch_job(job.id, event.sequence))
    done = fresh.get_job(job.id)
    assert done.state is JobState.SUCCEEDED
    assert done.attempt == 2
    # A chunk may have been computed in the instant of the kill, before its count was heard of.
    assert CHUNKS - 6 <= done.counters["chunks_computed"] <= CHUNKS
    assert done.counters["chunks_from_cache"] >= 10
    assert all(later.sequence > event.sequence for later in rest if not later.heartbeat)
    assert any(later.note and "had stopped" in later.note for later in rest)
    assert rest[-1].job is not None
    assert rest[-1].job.counters == done.counters
    assert fresh.wait_job(queued.id).state is JobState.SUCCEEDED


def test_a_watcher_outlives_the_daemon(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path(f"/footage/steps-{CHUNKS}.mp4"))
    states, killed = [], False
    for event in client.watch_job(job.id):
        states += [event.job.state] if event.job is not None else []
        if not killed and event.progress is not None and event.progress.done > 5:
            home.kill_daemon()
            killed = True
    assert killed
    assert states[-1] is JobState.SUCCEEDED


def test_a_killed_worker_costs_an_attempt(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path(f"/footage/steps-{CHUNKS}.mp4"))
    until_chunk(client, job.id, 10)
    home.kill(client.status().worker_pid)
    notes: list[str] = []
    done = client.wait_job(job.id, lambda event: notes.append(event.note) if event.note else None)
    assert done.state is JobState.SUCCEEDED
    assert done.attempt == 2
    assert done.counters["chunks_from_cache"] >= 10
    assert any("SIGKILL" in note for note in notes)


def test_a_job_that_kills_its_worker_fails_after_three_attempts_and_others_go_on(client: CuemarkClient) -> None:
    bad = client.submit_analyze(Path("/footage/die.mp4"))
    good = client.submit_analyze(Path("/footage/quick.mp4"))
    failed = client.wait_job(bad.id)
    assert failed.state is JobState.FAILED
    assert failed.attempt == 3
    assert failed.error is not None
    assert failed.error.code == "worker_crashed"
    assert client.wait_job(good.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize(("name", "code"), [("refuse.mp4", "media_unreadable"), ("bug.mp4", "internal_error")])
def test_a_failed_job_says_why_and_can_be_retried(client: CuemarkClient, name: str, code: str) -> None:
    failed = client.wait_job(client.submit_analyze(Path("/footage", name)).id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.code == code
    assert failed.error.next_step
    last = list(client.watch_job(failed.id))[-1].sequence
    again = client.retry_job(failed.id)
    assert again.state is JobState.QUEUED
    assert client.wait_job(again.id).attempt == 1
    assert [e.job.state for e in client.watch_job(again.id, last) if e.job is not None] == [
        JobState.QUEUED, JobState.RUNNING, JobState.FAILED,
    ]  # fmt: skip
    with pytest.raises(OptionError) as refused:
        client.retry_job(client.submit_analyze(Path("/footage/steps-9.mp4")).id)
    assert refused.value.code == "job_not_retryable"


def test_a_stop_puts_the_job_back_and_the_next_daemon_finishes_it(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path(f"/footage/steps-{CHUNKS}.mp4"))
    until_chunk(client, job.id, 5)
    stream = client.watch_job(job.id)
    next(stream)
    assert stop_daemon(home.settings)
    with pytest.raises(DaemonError) as told:
        list(stream)
    assert told.value.code == "daemon_stopping"
    assert not home.settings.endpoint_file.exists()
    done = home.connect().wait_job(job.id)
    assert done.state is JobState.SUCCEEDED
    assert done.attempt == 1
    assert done.counters["chunks_computed"] == CHUNKS


def test_a_library_with_many_jobs_is_listed_in_pages(client: CuemarkClient) -> None:
    ids = [client.submit_analyze(Path(f"/footage/quick-{n}.mp4")).id for n in range(7)]
    assert [job.id for job in client.list_jobs(limit=3)] == ids[:-4:-1]
    client.wait_job(ids[-1])
    assert [job.id for job in client.list_jobs([JobState.SUCCEEDED])] == ids[::-1]
    assert client.list_jobs([JobState.CANCELLED]) == []


def test_names_are_bytes(home: Any) -> None:
    client = home.connect()
    name = os.fsdecode(b'/footage/quick-\xff\xfe \'a "b" \xf0\x9f\x8e\xac.mp4')
    job = client.wait_job(client.submit_analyze(Path(name)).id)
    assert job.state is JobState.SUCCEEDED
    assert job.spec.path == Path(name)
    assert job.analysis_id is not None
    analysis = client.get_analysis(job.analysis_id)
    assert os.fsencode(analysis.media.path) == os.fsencode(name)
    assert [found.path for found in client.list_analyses(Path(name))] == [Path(name)]
    home.kill_daemon()
    assert home.connect().get_job(job.id).spec.path == Path(name)


def test_a_worker_that_prints_does_no_harm(home: Any) -> None:
    client = home.connect()
    assert client.wait_job(client.submit_analyze(Path("/footage/noise.mp4")).id).state is JobState.SUCCEEDED
    home.wait_until(lambda: "printed by a native library" in home.settings.log_file.read_text())


def test_a_download_does_not_wait_for_an_analysis(client: CuemarkClient) -> None:
    slow = client.submit_analyze(Path("/footage/steps-100.mp4"))
    pull = client.wait_job(client.submit_pull("light").id)
    assert pull.state is JobState.SUCCEEDED
    assert pull.analysis_id is None
    assert client.get_job(slow.id).state is JobState.RUNNING


def test_a_watch_of_silence_has_heartbeats(client: CuemarkClient) -> None:
    job = client.submit_analyze(Path("/footage/stubborn.mp4"))
    begun = time.monotonic()
    beat = next(event for event in client.watch_job(job.id) if event.heartbeat)
    assert 1.5 < time.monotonic() - begun < 6
    assert beat.sequence == client.get_job(job.id).attempt + 2  # queued, running, one progress


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (AnalysisOptions(moments=0), "option_moments"),
        (AnalysisOptions(moments=-3), "option_moments"),
        (AnalysisOptions(preset="best"), "option_preset"),
        (AnalysisOptions(sample_rate=Fraction(0)), "option_sample_fps"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(client: CuemarkClient, options: AnalysisOptions, code: str) -> None:
    with pytest.raises(OptionError) as refused:
        client.submit_analyze(Path("/footage/quick.mp4"), options)
    assert refused.value.code == code
    assert refused.value.next_step
    assert client.list_jobs() == []


def test_unknown_things_have_codes(client: CuemarkClient) -> None:
    calls: dict[str, Callable[[], object]] = {
        "job_not_found": lambda: client.get_job("ffff"),
        "analysis_not_found": lambda: client.delete_analysis("nothing'; DROP TABLE jobs"),
        "model_unknown": lambda: client.submit_pull("huge"),
        "export_format_unknown": lambda: client.export(analysis_id(client), "avi"),
    }
    for code, call in calls.items():
        with pytest.raises(CuemarkError) as refused:
            call()
        assert refused.value.code == code
    with pytest.raises(NotFoundError):
        list(client.watch_job("ffff"))
    assert client.version().protocol == PROTOCOL


def analysis_id(client: CuemarkClient) -> str:
    job = client.wait_job(client.submit_analyze(Path("/footage/quick.mp4")).id)
    assert job.analysis_id is not None
    return job.analysis_id


def test_edits_live_beside_the_analysis_and_survive(home: Any) -> None:
    client = home.connect()
    found = analysis_id(client)
    moment = client.edit_moment(found, "m2", caption=" a  green bird ", end=Fraction(59, 2))
    assert (moment.caption, moment.end) == ("a green bird", Fraction(59, 2))
    chapters = client.edit_chapter(found, "c2", title="Birds", start=Fraction(12))
    assert [(c.start, c.end, c.title) for c in chapters] == [(0, 12, "Cat"), (12, 30, "Birds")]
    with pytest.raises(OptionError) as refused:
        client.edit_chapter(found, "c2", start=Fraction(31))
    assert refused.value.code == "edit_outside"
    home.kill_daemon()
    client = home.connect()
    kept = client.get_analysis(found[:8])
    assert kept.moments[1].caption == "a green bird"
    assert kept.chapters[0].end == 12
    assert [m.id for m in kept.moments if m.edited] == ["m2"]
    # The first chapter's end moved with the start of the second.
    assert [c.edited for c in kept.chapters] == [True, True]
    assert b"a green bird" in client.export(found, "csv").data
    undone = client.undo_edits(found, "m2")
    assert undone == client.get_analysis(found, brief=True)
    assert (undone.moments[1].caption, undone.moments[1].end, undone.moments[1].edited) == ("a blue bird", 30, False)
    assert undone.chapters == kept.chapters
    client.delete_analysis(found)
    assert client.list_analyses() == []


def test_the_worker_leaves_when_there_is_nothing_to_do(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_WORKER_IDLE_S", "0.3")
    client = home.connect()
    analysis_id(client)
    assert client.status().devices[0].reason == "no CUDA here"
    home.wait_until(lambda: client.status().worker_pid is None)
    assert client.status().loaded_models == ()
    analysis_id(client)


def test_a_silent_worker_counts_as_hung(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_WORKER_HANG_S", "0.5")
    client = home.connect()
    job = client.wait_job(client.submit_analyze(Path("/footage/stubborn.mp4")).id)
    assert job.error is not None
    assert job.error.code == "worker_crashed"


def test_an_idle_daemon_stops(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_DAEMON_IDLE_S", "0.1")
    home.connect().close()
    home.wait_until(lambda: not home.settings.endpoint_file.exists())


def test_files_to_be_indexed_let_everything_else_go_first(client: CuemarkClient) -> None:
    first = client.submit_analyze(Path("/footage/steps-10.mp4"))
    footage = [client.submit_index(Path(f"/footage/quick-{number}.mp4")) for number in range(3)]
    wanted = client.submit_analyze(Path("/footage/quick.mp4"))
    ended = [client.wait_job(job.id) for job in (first, wanted, *footage)]
    begun = [job.started_at for job in ended]
    assert all(job.state is JobState.SUCCEEDED for job in ended)
    assert begun == sorted(begun, key=str)
    assert len(client.list_media()) == 3 and all(media.offline for media in client.list_media())
