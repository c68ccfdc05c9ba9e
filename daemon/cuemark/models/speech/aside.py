"""Work beside the caller's thread: what a library computes in one long call, left alone when the caller has to stop.

An engine hears a window in one call of several seconds, which nothing can interrupt.  Such a call runs in a thread of
the model's own, and the caller asks five times a second whether to go on; where not, the call's result is dropped when
it comes.  The next call waits for it.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_ASK_S = 0.2


class Aside:
    """One thread for the calls of one model."""

    def __init__(self, name: str) -> None:
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=name)

    def run(self, work: Callable[[Callable[[], bool]], T], check: Callable[[], None]) -> T:
        """What `work` returns or raises; it is handed a question whether it was dropped, for where it can stop itself.

        `check` may raise, which drops the work at once.
        """
        dropped = threading.Event()
        future = self._pool.submit(work, dropped.is_set)
        try:
            while not concurrent.futures.wait([future], _ASK_S).done:
                check()
            return future.result()
        finally:
            dropped.set()
            future.cancel()
