"""How a worker makes room for the editor that runs beside it.

A gentle process gets the processor and the disk only where nobody else wants them, uses half of the cores, and pauses
between its passes on a GPU.  The state belongs to the process: it is set once, before the libraries with thread pools
are loaded, and never taken back (an ordinary account may not raise its own priority again), so that a worker that
should not be gentle is another process.

What this does not cover: memory bandwidth and caches, which the system shares out blindly; and on a GPU there is no
priority between processes.  A low-priority CUDA stream would change nothing, since the default one already has the
lowest priority; only pauses leave the device to others.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

NICENESS = 15
"""Where the editor wants a whole core, a thread of ours leaves it 97 % of that core; at 19, the most there is, a model
would take an hour to load beside a long export."""
LONGEST_REST_S = 0.05
_AUTOGROUP = Path("/proc/self/autogroup")
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _State:
    threads: int | None = None


def become_gentle() -> str:
    """Make this process gentle; says in words what was attained.  What the system refuses is left out."""
    cores = usable_cores()
    _State.threads = max(1, cores // 2)
    for name in _POOLS:
        os.environ[name] = str(_State.threads)
    attained = [_lower_priority(), _lower_disk_priority(), f"{_State.threads} of {cores} cores"]
    return ", ".join(words for words in attained if words)


def is_gentle() -> bool:
    """Whether this process has become gentle."""
    return _State.threads is not None


def thread_limit() -> int | None:
    """How many threads a pool (torch, ONNX Runtime, a decoder) may have here; None: as many as it likes."""
    return _State.threads


def rest(worked_s: float) -> None:
    """Leave the GPU to others for as long as it was worked on, up to a twentieth of a second; else do nothing."""
    if is_gentle():
        time.sleep(min(max(0.0, worked_s), LONGEST_REST_S))


def usable_cores() -> int:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lower_priority() -> str:
    import psutil

    if sys.platform == "win32":
        with contextlib.suppress(psutil.Error, OSError):
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            return "below normal priority"
        return ""
    with contextlib.suppress(OSError):
        niceness = os.nice(NICENESS)
        _lower_autogroup()
        return f"nice {niceness}"
    return ""


def _lower_autogroup() -> None:
    """Linux shares out time between sessions first, and niceness counts only inside one (sched(7), autogroup).

    A worker leads a session of its own; without this it would get as much as the editor's whole session.
    """
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(NICENESS))


def _lower_disk_priority() -> str:
    import psutil

    classes = {"linux": "IOPRIO_CLASS_IDLE", "win32": "IOPRIO_LOW"}
    wanted = getattr(psutil, classes.get(sys.platform, ""), None)
    if wanted is None:
        return ""
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().ionice(wanted)
        return "disk when idle"
    return ""
