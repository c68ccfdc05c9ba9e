"""The asynchronous client and its blocking face, against a real daemon."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from cuemark.core.errors import CuemarkError, DaemonError
from cuemark.core.jobs import JobState
from cuemark.rpc.client import connect as connecting
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.rpc.client.client import CuemarkClient
from cuemark.rpc.client.connection import Connection
from cuemark.rpc.v1 import system_pb2
from tests.daemon.conftest import FAKE_DAEMON

T = TypeVar("T")


def with_client(home: Any, body: Callable[[AsyncCuemarkClient], Coroutine[Any, Any, T]]) -> T:
    """Runs a body with an asynchronous client of the test's daemon, which is started if need be."""

    async def run() -> T:
        async with await AsyncCuemarkClient.connect(home.settings, daemon_command=FAKE_DAEMON) as client:
            return await asyncio.wait_for(body(client), 60)

    return asyncio.run(run())


def test_calls_of_one_client_overlap(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        names = ("steps-12.mp4", "quick-1.mp4", "quick-2.mp4")
        jobs = await asyncio.gather(*(client.submit_analyze(Path("/footage", name)) for name in names))
        assert len({job.id for job in jobs}) == 3
        told: list[str] = []

        async def watch(job_id: str) -> None:
            async for event in client.watch_job(job_id):
                told.append(job_id)
                if event.job is not None and event.job.state.ended:
                    assert event.job.state is JobState.SUCCEEDED

        watching = asyncio.gather(*(watch(job.id) for job in jobs))
        answered = 0
        while not watching.done():
            assert {job.id for job in await client.list_jobs()} == {job.id for job in jobs}
            answered += 1
        await watching
        assert answered > 10, "calls are answered while streams are open"
        assert set(told) == {job.id for job in jobs}
        assert len(await client.list_analyses()) == 3

    with_client(home, body)


def test_a_watch_that_is_left_or_cancelled_does_not_cancel_its_job(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        job = await client.submit_analyze(Path("/footage/steps-30.mp4"))
        async with aclosing(client.watch_job(job.id)) as events:
            assert (await anext(events)).job is not None
        waiting = asyncio.create_task(client.wait_job(job.id))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await client.wait_job(job.id)).state is JobState.SUCCEEDED

    with_client(home, body)


@pytest.mark.parametrize("name", ["steps-400.mp4", "stubborn.mp4"])
def test_a_cancel_ends_the_watch_within_two_seconds(home: Any, name: str) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        job = await client.submit_analyze(Path("/footage", name))
        begun = 0.0
        async for event in client.watch_job(job.id):
            if event.progress is not None and not begun:
                begun = time.monotonic()
                assert (await client.cancel_job(job.id)).state is JobState.CANCELLED
        assert begun and time.monotonic() - begun < 2

    with_client(home, body)


def test_calls_and_a_watch_outlive_the_daemon_and_find_one_new_one(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        job = await client.submit_analyze(Path("/footage/steps-40.mp4"))
        states: list[JobState] = []

        async def watch() -> None:
            async for event in client.watch_job(job.id):
                states.extend([event.job.state] if event.job is not None else [])

        watching = asyncio.create_task(watch())
        first = (await client.version()).instance_id
        await asyncio.sleep(0.5)
        home.kill_daemon()
        found = await asyncio.gather(*(client.version() for _ in range(5)))
        assert {version.instance_id for version in found} == {client.endpoint.instance_id}
        assert client.endpoint.instance_id != first
        await watching
        assert states[-1] is JobState.SUCCEEDED
        assert (await client.get_job(job.id)).attempt == 2

    with_client(home, body)


def test_a_lost_daemon_is_told_where_none_may_be_started(home: Any) -> None:
    async def body() -> None:
        client = await AsyncCuemarkClient.find(home.settings)
        assert client is not None
        async with client:
            job = await client.submit_analyze(Path("/footage/steps-200.mp4"))
            watching = asyncio.create_task(client.wait_job(job.id))
            await asyncio.sleep(0.2)
            home.kill_daemon()
            for lost in (watching, asyncio.create_task(client.status())):
                with pytest.raises(DaemonError) as told:
                    await lost
                assert told.value.code == "daemon_lost"
        assert await AsyncCuemarkClient.find(home.settings) is None

    home.connect()
    asyncio.run(asyncio.wait_for(body(), 60))


def test_a_daemon_that_does_not_answer_in_time_is_busy(home: Any) -> None:
    daemon = psutil.Process(home.connect().status().pid)

    async def body() -> None:
        connection = Connection(await connecting.connect(home.settings, start=False))
        daemon.suspend()
        try:
            begun = time.monotonic()
            with pytest.raises(DaemonError) as late:
                await connection.call(system_pb2.GetStatusRequest(), system_pb2.GetStatusResponse, timeout=0.5)
            assert late.value.code == "daemon_busy"
            assert 0.4 < time.monotonic() - begun < 3
        finally:
            daemon.resume()
        answer = await connection.call(system_pb2.GetStatusRequest(), system_pb2.GetStatusResponse)
        assert answer.pid == daemon.pid
        await connection.close()

    asyncio.run(asyncio.wait_for(body(), 60))


def test_a_daemon_that_stops_on_purpose_ends_the_watch_and_is_not_started_again(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        job = await client.submit_analyze(Path("/footage/steps-100.mp4"))
        with pytest.raises(DaemonError) as told:
            async for event in client.watch_job(job.id):
                if event.progress is not None:
                    assert await connecting.stop(home.settings)
        assert told.value.code == "daemon_stopping"
        assert not await connecting.stop(home.settings)

    with_client(home, body)


def test_refusals_keep_their_class_code_and_next_step(home: Any) -> None:
    async def body(client: AsyncCuemarkClient) -> None:
        for call in (client.get_job("ffff"), client.wait_job("ffff"), client.export("ffff", "json")):
            with pytest.raises(CuemarkError) as refused:
                await call
            assert type(refused.value).__name__ == "NotFoundError"
            assert refused.value.code.endswith("_not_found") and refused.value.next_step

    with_client(home, body)


def test_every_call_has_a_blocking_twin_with_the_same_parameters() -> None:
    def calls(kind: type) -> dict[str, Any]:
        found = inspect.getmembers(kind, callable)
        return {name: method for name, method in found if not name.startswith("_")}

    asynchronous, blocking = calls(AsyncCuemarkClient), calls(CuemarkClient)
    assert set(asynchronous) == set(blocking)
    for name in set(asynchronous) - {"close", "connect", "find"}:
        assert inspect.signature(blocking[name]) == inspect.signature(asynchronous[name]), name
        assert blocking[name].__doc__ == asynchronous[name].__doc__


def test_threads_share_a_blocking_client(home: Any) -> None:
    client = home.connect()
    slow = client.submit_analyze(Path("/footage/steps-40.mp4"))
    with ThreadPoolExecutor(4) as pool:
        watching = pool.submit(client.wait_job, slow.id)
        listed = [pool.submit(client.list_jobs) for _ in range(30)]
        assert all(job.result()[0].id == slow.id for job in listed)
        assert not watching.done(), "calls do not wait for a watch"
        assert watching.result().state is JobState.SUCCEEDED


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_an_interrupt_ends_the_wait_and_leaves_the_client_usable(home: Any) -> None:
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-400.mp4"))
    for _ in range(2):  # as often as a user likes
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            client.wait_job(job.id)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        list(client.watch_job(job.id))
    assert client.get_job(job.id).state is JobState.RUNNING
    assert client.cancel_job(job.id).state is JobState.CANCELLED


def test_a_closed_client_says_so_and_what_it_left_open_is_ended(home: Any) -> None:
    others = set(threading.enumerate())  # other tests of this run may have clients of their own
    client = home.connect()
    job = client.submit_analyze(Path("/footage/steps-400.mp4"))
    events = client.watch_job(job.id)
    assert next(events).job is not None
    (loop,) = (each for each in set(threading.enumerate()) - others if each.name == "event loop")
    client.close()
    client.close()
    assert not loop.is_alive()
    with pytest.raises(RuntimeError):
        client.status()
    events.close()
    assert home.connect().cancel_job(job.id).state is JobState.CANCELLED


def test_a_program_that_ends_without_closing_its_client_ends(home: Any) -> None:
    job = home.connect().submit_analyze(Path("/footage/steps-400.mp4"))
    program = (
        "from cuemark.rpc.client.client import CuemarkClient\n"
        "client = CuemarkClient.connect(start=False)\n"
        f"events = client.watch_job({job.id!r})\n"
        "print(next(events).job.id)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout.strip(), ended.stderr) == (job.id, "")
