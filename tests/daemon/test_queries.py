"""Queries: answered by a worker of their own beside whatever the daemon is at work on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from cuemark.core import settings as configuration
from cuemark.core.errors import CuemarkError, DaemonError, OptionError, WorkerError
from cuemark.core.jobs import EncodeTextsSpec, JobState, TextVector
from cuemark.core.limits import MemoryLimit, ProcessLimits
from cuemark.daemon.job_kinds import MOST_CHARACTERS, MOST_TEXTS, kind_of
from cuemark.daemon.queries import MOST_WAITING
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from tests.daemon.conftest import is_gone
from tests.daemon.test_clients import with_client


def worker_of(client: CuemarkClient, text: str = "quick") -> int:
    """The process that answers queries now."""
    return int(client.encode_texts([text]).model.reason.split()[-1])


async def answered(client: AsyncCuemarkClient, text: str = "quick") -> int:
    """The same, asked asynchronously."""
    return int((await client.encode_texts([text])).model.reason.split()[-1])


def test_a_query_does_not_wait_for_jobs_and_leaves_no_trace(client: CuemarkClient) -> None:
    running = client.submit_analyze(Path("/footage/steps-200.mp4"))
    waiting = client.submit_analyze(Path("/footage/steps-1.mp4"))
    next(event for event in client.watch_job(running.id) if event.progress is not None)
    found = client.encode_texts(["a cat", "a red bird"])
    assert found.vectors == (TextVector((5.0, 0.0)), TextVector((10.0, 0.0)))
    assert (found.model.name, found.model.device) == ("fake", "cpu")
    assert worker_of(client) != client.status().worker_pid
    assert client.get_job(running.id).state is JobState.RUNNING
    assert client.get_job(waiting.id).state is JobState.QUEUED
    assert {job.id for job in client.list_jobs()} == {running.id, waiting.id}
    assert client.status().jobs_running == 1


def test_models_are_named_as_the_daemon_must_be_told(
    client: CuemarkClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert client.encode_texts(["x"], clip="light").model.name == "light"
    assert client.encode_texts(["x"], clip="mine").model.name == str(tmp_path / "mine")


def test_each_of_many_gets_its_own_answer(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        found = await asyncio.gather(*(client.encode_texts(["x" * n]) for n in range(1, 41)))
        assert [answer.vectors[0].values[0] for answer in found] == list(map(float, range(1, 41)))
        assert len({answer.model.reason for answer in found}) == 1, "one worker answers all"

    with_client(home, body)


@pytest.mark.parametrize(("text", "survives"), [("steps-400", True), ("stubborn", False)])
def test_a_query_nobody_waits_for_is_cancelled_within_two_seconds(home: Any, text: str, survives: bool) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        worker = await answered(client)
        asking = asyncio.create_task(client.encode_texts([text]))
        await asyncio.sleep(0.5)
        assert not asking.done()
        begun = time.monotonic()
        asking.cancel()
        if not survives:
            await asyncio.to_thread(home.wait_until, lambda: is_gone(worker), 2.0)
        after = await answered(client)
        assert (after == worker) is survives, "only a worker that does not heed a cancel is killed"
        assert not survives or time.monotonic() - begun < 2

    with_client(home, body)


def test_a_query_that_was_given_up_while_it_waited_is_not_begun(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        first = asyncio.create_task(client.encode_texts(["steps-20"]))
        await asyncio.sleep(0.3)
        dropped = asyncio.create_task(client.encode_texts(["dieonce"]))
        last = asyncio.create_task(answered(client))
        await asyncio.sleep(0.1)
        dropped.cancel()
        await first
        await last
        assert not (home.settings.cache / "fake" / "died once").exists()

    with_client(home, body)


def test_a_deadline_of_the_caller_ends_its_query(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = home.connect()
    worker = worker_of(client)
    with monkeypatch.context() as patch, pytest.raises(DaemonError) as late:
        patch.setattr("cuemark.rpc.client.models.DISK_CALL_S", 0.5)
        client.encode_texts(["stubborn"])
    assert late.value.code == "daemon_busy"
    home.wait_until(lambda: is_gone(worker), 2.0)
    assert worker_of(client) != worker


def test_a_silent_worker_counts_as_hung(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_WORKER_HANG_S", "0.5")
    client = home.connect()
    with pytest.raises(WorkerError) as hung:
        client.encode_texts(["stubborn"])
    assert hung.value.code == "worker_crashed"
    assert "said nothing for 0.5 s" in hung.value.message
    assert "memory" not in hung.value.message
    assert "silent" in home.settings.log_file.read_text()


def test_a_worker_that_dies_costs_at_most_the_query_that_kills_it(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-60.mp4"))
    assert client.encode_texts(["dieonce"]).vectors == (TextVector((7.0, 0.0)),), "another worker answers it"
    with pytest.raises(WorkerError) as crashed:
        client.encode_texts(["die"])
    assert crashed.value.code == "worker_crashed"
    assert "SIGKILL" in crashed.value.message and str(home.settings.log_file) in crashed.value.next_step
    with pytest.raises(CuemarkError) as refused:
        client.encode_texts(["refuse"])
    assert refused.value.code == "media_unreadable"
    with pytest.raises(WorkerError) as memory:
        client.encode_texts(["greedy"])
    assert memory.value.code == "out_of_memory"
    assert worker_of(client)
    done = client.wait_job(job.id)
    assert (done.state, done.attempt) == (JobState.SUCCEEDED, 1)


def test_the_worker_of_queries_leaves_when_nobody_asks(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEMARK_WORKER_IDLE_S", "0.3")
    client = home.connect()
    worker = worker_of(client)
    home.wait_until(lambda: is_gone(worker))
    assert worker_of(client) != worker


def test_a_query_keeps_to_the_memory_that_is_allowed_but_is_never_gentle(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEMARK_GENTLE", "1")
    monkeypatch.setenv("CUEMARK_VRAM", "2G")
    client = home.connect()
    worker = worker_of(client)
    assert psutil.Process(worker).nice() == psutil.Process().nice()
    spec = EncodeTextsSpec(("x",))
    assert kind_of(spec).limits(spec, configuration.load()) == ProcessLimits(vram=MemoryLimit.parse("2G"))


@pytest.mark.parametrize("texts", [[], ["x"] * (MOST_TEXTS + 1), ["x" * (MOST_CHARACTERS + 1)]])
def test_what_no_query_can_be_is_refused_at_once(client: CuemarkClient, texts: list[str]) -> None:
    with pytest.raises(OptionError) as refused:
        client.encode_texts(texts)
    assert refused.value.code == "option_texts"
    assert refused.value.next_step


def test_too_many_that_wait_are_refused(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        slow = asyncio.create_task(client.encode_texts(["steps-30"]))
        await asyncio.sleep(0.5)
        asked = [client.encode_texts(["quick"]) for _ in range(MOST_WAITING + 10)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        refused = [each for each in found if isinstance(each, DaemonError)]
        assert {error.code for error in refused} == {"daemon_busy"}
        assert len(refused) == 10
        await slow

    with_client(home, body)


def test_a_stop_does_not_wait_for_a_query(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        asked = [asyncio.create_task(client.encode_texts([text])) for text in ("stubborn", "quick")]
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        assert await asyncio.to_thread(stop_daemon, home.settings)
        assert time.monotonic() - begun < 5
        for each in asked:
            with pytest.raises(DaemonError) as told:
                await each
            assert told.value.code == "daemon_stopping"

    with_client(home, body)
