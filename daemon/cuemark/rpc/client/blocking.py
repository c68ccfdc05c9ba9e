"""An asynchronous client as a blocking one: an event loop in a thread of its own, and methods that wait for it.

    class Client(BlockingFace[AsyncClient]):
        get_job = blocking(AsyncClient.get_job)
        watch_job = iterating(AsyncClient.watch_job)

A method is written once, in the asynchronous class; its blocking twin has the same parameters, also for mypy, and the
same docstring.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")
Inner = TypeVar("Inner")
Inner_co = TypeVar("Inner_co", covariant=True)

_WAKE_S = 0.5
"""On Windows a wait for a lock hears no Ctrl-C; one of many short waits does in between."""
_CANCEL_S = 2.0
"""So long an interrupted call may take to end; then it is left to itself."""


class LoopThread:
    """An event loop that runs in a thread until `close`.  Any thread may `run` coroutines on it, also at once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="event loop", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._loop.is_closed()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Waits for the result of a coroutine; an interrupt of the wait cancels it."""
        if self.closed:
            coroutine.close()
            raise RuntimeError("The client is closed.")
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_told(coroutine, ended), self._loop)
        while True:
            try:
                return future.result(_WAKE_S)
            except concurrent.futures.TimeoutError:
                if future.done():  # meanwhile, or with a time-out of its own
                    return future.result()
            except KeyboardInterrupt:
                future.cancel()
                ended.wait(_CANCEL_S)
                raise

    def finish(self, items: AsyncGenerator[Any, None]) -> None:
        """Closes a generator that was not read to its end."""
        if self.closed or sys.is_finalizing():  # threads stand still while the interpreter ends
            return
        closing = _closed(items)
        if threading.current_thread() is self._thread:
            # The last reference was dropped by the garbage collector, which runs in any thread: ours cannot wait.
            asyncio.run_coroutine_threadsafe(closing, self._loop)
        else:
            self.run(closing)

    def close(self) -> None:
        """Ends the loop and its thread."""
        if self.closed:
            return
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class BlockingFace(Generic[Inner_co]):
    """The base of a class with blocking methods over `inner`, whose asynchronous methods run on `loop`."""

    def __init__(self, inner: Inner_co, loop: LoopThread) -> None:
        self._inner = inner
        self.loop = loop

    @property
    def inner(self) -> Inner_co:
        """What the methods wait for."""
        return self._inner


def blocking(
    method: Callable[Concatenate[Inner, P], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[BlockingFace[Inner], P], Result]:
    """The blocking twin of an asynchronous method."""

    @functools.wraps(method)
    def call(face: BlockingFace[Inner], /, *args: P.args, **kwargs: P.kwargs) -> Result:
        return face.loop.run(method(face.inner, *args, **kwargs))

    return call


def iterating(
    method: Callable[Concatenate[Inner, P], AsyncGenerator[Result, None]],
) -> Callable[Concatenate[BlockingFace[Inner], P], Generator[Result, None, None]]:
    """The blocking twin of an asynchronous generator; closing it, or letting it go, closes that one."""

    @functools.wraps(method)
    def call(face: BlockingFace[Inner], /, *args: P.args, **kwargs: P.kwargs) -> Generator[Result, None, None]:
        return _iterate(face.loop, method(face.inner, *args, **kwargs))

    return call


def _iterate(loop: LoopThread, items: AsyncGenerator[Result, None]) -> Generator[Result, None, None]:
    try:
        while found := loop.run(_next(items)):
            yield found[0]
    finally:
        loop.finish(items)


async def _next(items: AsyncGenerator[Result, None]) -> tuple[Result] | None:
    """The next item, None at the end: StopAsyncIteration cannot travel in a future."""
    async for item in items:
        return (item,)
    return None


async def _closed(items: AsyncGenerator[Any, None]) -> None:
    await items.aclose()


async def _told(coroutine: Coroutine[Any, Any, Result], ended: threading.Event) -> Result:
    try:
        return await coroutine
    finally:
        ended.set()
