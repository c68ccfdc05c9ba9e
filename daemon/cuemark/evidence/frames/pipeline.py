"""Runs a source of items in a thread ahead of whoever consumes them, by a bounded number of items."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar, cast

Item = TypeVar("Item")

_POLL_SECONDS = 0.2


def prefetch(source: Iterable[Item], depth: int, poll: Callable[[], None] | None = None) -> Generator[Item, None, None]:
    """Yield the items of `source`, which runs at most `depth` items ahead in a thread of its own.

    An exception of the source is raised here, after the items before it.  `poll` is called here at least five times
    a second while waiting, and may raise.  Closing the generator stops the thread, closes the source, and waits.
    """
    items: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(source, items, stop), name="cuemark-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            if poll is not None:
                poll()
            try:
                item, error = items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(error, _Finished):
                return
            if error is not None:
                raise error
            yield cast(Item, item)
    finally:
        stop.set()
        thread.join()


class _Finished(Exception):
    """The source has no more items."""


def _fill(
    source: Iterable[Item], items: queue.Queue[tuple[Item | None, BaseException | None]], stop: threading.Event
) -> None:
    try:
        for item in source:
            if not _put(items, (item, None), stop):
                return
        _put(items, (None, _Finished()), stop)
    except BaseException as error:
        _put(items, (None, error), stop)
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


def _put(
    items: queue.Queue[tuple[Item | None, BaseException | None]],
    entry: tuple[Item | None, BaseException | None],
    stop: threading.Event,
) -> bool:
    while not stop.is_set():
        try:
            items.put(entry, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
