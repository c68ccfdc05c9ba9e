"""The part of a worker's limits that the system keeps for it: priorities, and the thread pools of libraries.

Asked for once, before the libraries with thread pools are loaded, and never taken back (an ordinary account may not
raise its own priority again), so that a worker that should not be gentle is another process.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from cuemark.core.limits import ProcessLimits, usable_cores

NICENESS = 15
"""Where the editor wants a whole core, a thread of ours leaves it 97 % of that core; at 19, the most there is, a model
would take an hour to load beside a long export."""
_AUTOGROUP = Path("/proc/self/autogroup")
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def apply(limits: ProcessLimits) -> str:
    """Hold this process back; what was attained, in words ("" for no limits).  What the system refuses is left out."""
    for name in _POOLS if limits.threads else ():
        os.environ[name] = str(limits.threads)
    attained = [f"gentle: {_become_gentle(limits)}"] if limits.gentle else []
    attained += [f"GPU memory up to {limits.vram}"] if limits.vram is not None else []
    return "; ".join(attained)


def _become_gentle(limits: ProcessLimits) -> str:
    attained = [_lower_priority(), _lower_disk_priority(), f"{limits.threads} of {usable_cores()} cores"]
    return ", ".join(words for words in attained if words)


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
