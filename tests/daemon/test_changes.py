"""What changes is told to everyone who watches: two clients see each other's edits, and jobs as they go on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

from cuemark.core.analysis import MomentEdit
from cuemark.core.changes import Changed, LibraryChange
from cuemark.core.jobs import JobState
from cuemark.daemon.changes import ChangeFeed
from cuemark.rpc.client.aio import AsyncCuemarkClient
from tests.daemon.conftest import FAKE_DAEMON

Body = Callable[[AsyncCuemarkClient, AsyncCuemarkClient], Coroutine[Any, Any, None]]


def with_two(home: Any, body: Body) -> None:
    """Runs a body with two clients of the test's daemon."""

    async def run() -> None:
        async with (
            await AsyncCuemarkClient.connect(home.settings, daemon_command=FAKE_DAEMON) as one,
            await AsyncCuemarkClient.connect(home.settings, daemon_command=FAKE_DAEMON) as other,
        ):
            await asyncio.wait_for(body(one, other), 60)

    asyncio.run(run())


async def news_of(client: AsyncCuemarkClient, doing: Callable[[], Coroutine[Any, Any, object]]) -> list[LibraryChange]:
    """What one client is told of what is done by another, up to the first news."""
    async with aclosing(client.watch_library()) as stream:
        assert await anext(stream) == ()
        await doing()
        return [change for change in await anext(stream)]


def test_who_watches_the_library_hears_of_an_analysis_of_its_edits_and_of_its_end(home: Any) -> None:
    async def body(one: AsyncCuemarkClient, other: AsyncCuemarkClient) -> None:
        async def analyse() -> None:
            job = await other.submit_analyze(Path("/footage/quick-1.mp4"))
            assert (await other.wait_job(job.id)).state is JobState.SUCCEEDED

        (made,) = await news_of(one, analyse)
        (analysis,) = await one.list_analyses()
        assert made == LibraryChange(Changed.ANALYSIS, analysis.id, analysis.fingerprint)
        edit = MomentEdit("m1", caption="a red fox")
        assert await news_of(one, lambda: other.edit_analysis(analysis.id, edit)) == [made]
        assert await news_of(one, lambda: other.step_edits(analysis.id)) == [made]
        assert (await one.edit_steps(analysis.id)).forward == 1
        assert await news_of(one, lambda: other.delete_analysis(analysis.id)) == [made]

    with_two(home, body)


def test_who_watches_jobs_sees_each_go_on_to_its_end(home: Any) -> None:
    async def body(one: AsyncCuemarkClient, other: AsyncCuemarkClient) -> None:
        async with aclosing(one.watch_jobs()) as stream:
            assert await anext(stream) == ()
            job = await other.submit_analyze(Path("/footage/steps-12.mp4"))
            seen = []
            async for jobs in stream:
                seen += [each for each in jobs if each.id == job.id]
                if seen and seen[-1].state.ended:
                    break
        assert seen[-1].state is JobState.SUCCEEDED and seen[-1].analysis_id
        done = [each.progress.done for each in seen if each.progress is not None]
        assert done == sorted(done) and len(set(done)) > 1

    with_two(home, body)


def test_a_watch_goes_on_with_the_next_daemon_and_says_to_look_again(home: Any) -> None:
    async def body(one: AsyncCuemarkClient, other: AsyncCuemarkClient) -> None:
        async with aclosing(one.watch_library()) as stream:
            assert await anext(stream) == ()
            os.kill(home.endpoint().pid, signal.SIGKILL)
            assert await anext(stream) == ()
            job = await other.submit_analyze(Path("/footage/quick-1.mp4"))
            await other.wait_job(job.id)
            while not (told := await anext(stream)):
                pass
            assert told[0].what is Changed.ANALYSIS

    with_two(home, body)


def test_a_slow_watcher_is_told_each_thing_once_and_grows_no_queue() -> None:
    async def run() -> None:
        feed = ChangeFeed()
        async with aclosing(feed.watch((Changed.JOB,), 60)) as stream:
            assert await anext(stream) == ()
            for number in range(10_000):
                feed.tell(LibraryChange(Changed.JOB, f"job {number % 3}"))
                feed.tell(LibraryChange(Changed.MEDIA, "not wanted"))
            assert [change.id for change in await anext(stream)] == ["job 0", "job 1", "job 2"]
        feed.tell(LibraryChange(Changed.JOB, "nobody listens"))

    asyncio.run(run())
