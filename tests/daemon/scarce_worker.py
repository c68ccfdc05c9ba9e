"""The real worker on a device that takes five items in a pass, pictures, texts and sentences alike; and its daemon.

`scarce_worker.py` is the daemon, `scarce_worker.py work` the worker it starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cuemark.models.runtime.memory import BackoffBatches

FITS = 5


def make_scarce() -> None:
    """From here on every pass of more than `FITS` items runs out of memory, as torch says it."""
    whole = BackoffBatches.run

    def run(self: BackoffBatches, count: int, work: Callable[[slice], Any]) -> list[Any]:
        def guarded(part: slice) -> Any:
            if part.stop - part.start > FITS:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return work(part)

        return whole(self, count, guarded)

    BackoffBatches.run = run  # type: ignore[method-assign]


def main(arguments: Sequence[str]) -> int:
    """The daemon, or with `work` its worker."""
    if list(arguments) == ["work"]:
        from cuemark.worker.main import main as work

        make_scarce()
        work()
        return 0
    from cuemark.rpc.server.main import main as serve

    return serve(worker_command=(sys.executable, str(Path(__file__)), "work"))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
