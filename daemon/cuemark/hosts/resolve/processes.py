"""Which Resolves run, told by the names of processes; only ever used to say more exactly what is wrong."""

from __future__ import annotations

NAMES = frozenset({"resolve", "resolve.exe", "davinci resolve"})
"""Names of Resolve's own process on Linux, Windows and macOS (not verified on a live Resolve)."""


def running_resolves() -> frozenset[int]:
    """The pids of all running Resolves, other users' included where the system shows them."""
    import psutil

    found = psutil.process_iter(["name", "status"])
    return frozenset(
        process.pid
        for process in found
        if (process.info["name"] or "").lower() in NAMES and process.info["status"] != psutil.STATUS_ZOMBIE
    )
