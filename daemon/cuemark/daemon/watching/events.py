"""When to look at a watched folder again: when the system tells of a change in it, or after a while where it does not.

The system tells of changes on its own disks only; of what another machine writes into a shared folder nobody does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

log = logging.getLogger("cuemark.watching")
logging.getLogger("watchfiles").setLevel(logging.WARNING)  # else a line of the log for every change

MOST_FOLDERS = 8_000
"""Each takes one of the system's watches, of which all programs of an account may have some ten thousands."""
_DEBOUNCE_MS, _STEP_MS, _WAKE_MS = 400, 50, 2_000
_NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "ceph", "cifs", "davfs", "drvfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
        "nfs4", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "vmhgfs", "webdav",
    }
)  # fmt: skip
"""Kinds of file systems whose files other machines write."""


class FolderEvents:
    """Calls `wake` after changes in a set of folders; where the system cannot tell of them, `polled` says why."""

    def __init__(self, wake: Callable[[], None], polled: str) -> None:
        self._wake = wake
        self.polled = polled
        self._folders: frozenset[str] = frozenset()
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    async def listen_to(self, folders: Iterable[str]) -> bool:
        """Listens to changes in these folders from now on; whether anything may have been missed before."""
        wanted = frozenset(folders)
        if self.polled or (wanted == self._folders and self._task is not None and not self._task.done()):
            return False
        await self.close()
        self._folders = wanted
        if len(wanted) > MOST_FOLDERS:
            self.polled = f"there are more than {MOST_FOLDERS} folders in it"
            return False
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._listen(sorted(wanted)))
        await asyncio.sleep(0)  # which is when it begins to listen
        return True

    async def _listen(self, folders: list[str]) -> None:
        from watchfiles import awatch

        try:
            async for _ in awatch(
                *folders,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stop,
                rust_timeout=_WAKE_MS,
                recursive=False,
                ignore_permission_denied=True,
                force_polling=False,
            ):
                self._wake()
        except FileNotFoundError:  # it went away in between
            self._wake()
        except Exception as error:  # the edge of a library of another language: whatever it says, we can look ourselves
            log.warning("the system does not tell of changes in %s: %s", folders[0], error)
            self.polled = f"the system does not tell of changes here ({_first_line(error)})"
            self._wake()

    async def close(self) -> None:
        """Listens to nothing any more."""
        self._stop.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._task = None
        self._folders = frozenset()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def network_name(path: Path) -> str:
    """The kind of network file system that a folder lies on ("nfs4"); "" for a disk of this machine."""
    if os.name == "nt" and str(path).startswith("\\\\"):
        return "a network share"
    where = os.path.realpath(path)
    best = ("", "", "")
    for part in psutil.disk_partitions(all=True):
        inside = where == part.mountpoint or where.startswith(part.mountpoint.rstrip(os.sep) + os.sep)
        if inside and len(part.mountpoint) >= len(best[0]):
            best = (part.mountpoint, part.fstype.lower(), part.opts)
    kind = best[1].removeprefix("fuse.")
    if "remote" in best[2].split(","):
        return "a network drive"
    return kind if kind in _NETWORK or best[1].startswith(("fuse.", "macfuse")) or kind in ("sshfs", "rclone") else ""
