"""The files by which the one running daemon is known: its lock, and the endpoint file.

The lock tells whether a daemon lives; the endpoint file where it listens, with the token that proves a caller may
read it.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cuemark.core.errors import DaemonError
from cuemark.core.files import PRIVATE_FILE, atomic_write, make_private_folder
from cuemark.core.json_files import read_json
from cuemark.core.system_errors import make_yours, system_reason
from cuemark.core.text import printable_path, shell_path

MAX_BYTES = 16 * 1024
LOCK_WAIT_S = 1.0
"""Clients hold the lock for an instant to see whether it is free; that must not turn a daemon away."""
ALREADY_RUNNING, DISK_FULL = 3, 4
"""Exit statuses of a daemon that found another one holding the lock, and of one that could not even write down why."""


@dataclass(frozen=True)
class Endpoint:
    """How to reach one running daemon.  The token is kept out of the repr, so that logs cannot leak it."""

    host: str
    port: int
    pid: int
    instance_id: str
    protocol: int
    version: str
    token: str = field(repr=False)

    @property
    def target(self) -> str:
        """What gRPC dials."""
        return f"{self.host}:{self.port}"


def require_trusted(folder: Path) -> None:
    """Raises DaemonError `runtime_not_trusted` where another user could have put these files into the folder.

    Whoever made them would be taken for our daemon, and told which footage there is.
    """
    if os.name != "posix":  # the profile's own rights
        return
    try:
        found = os.lstat(folder), os.stat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unusable(folder, error) from error
    strangers = [each.st_uid for each in found if each.st_uid != os.getuid()]
    if strangers:
        owner = _user(strangers[0])
        message = f"The folder {printable_path(folder)} belongs to {owner}, so a daemon in it need not be yours."
        step = f"{make_yours(folder)} Or remove it, or set CUEMARK_HOME to a folder of your own."
        raise DaemonError("runtime_not_trusted", message, step)
    if found[1].st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"Other users may write to the folder {printable_path(folder)}, so a daemon in it need not be yours."
        raise DaemonError("runtime_not_trusted", message, f"Run: chmod 700 {shell_path(folder)}")


def unusable(path: Path, error: OSError) -> DaemonError:
    """The error for files of the daemon that may not be read or written: DaemonError `daemon_files_unusable`."""
    message = f"{printable_path(path)} cannot be used: {system_reason(error)}."
    return DaemonError("daemon_files_unusable", message, f"{make_yours(path)} Or set CUEMARK_HOME to another folder.")


def _user(uid: int) -> str:
    import pwd

    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"another user (number {uid})"


def write_endpoint(path: Path, endpoint: Endpoint) -> None:
    """Writes the file with mode 0600, whole or not at all."""
    make_private_folder(path.parent)
    atomic_write(path, json.dumps(asdict(endpoint)), mode=PRIVATE_FILE)


def read_endpoint(path: Path) -> Endpoint | None:
    """The daemon the file names; None where there is no file or it makes no sense (both mean: no daemon known).

    Raises DaemonError `daemon_files_unusable` where the file may not be read.
    """
    try:
        values = read_json(path, MAX_BYTES)
    except PermissionError as error:
        raise unusable(path, error) from error
    except (OSError, ValueError):
        return None
    return _endpoint(values)


def _endpoint(values: Any) -> Endpoint | None:
    """What the file says, if all of it is what a daemon of ours writes."""
    try:
        endpoint = Endpoint(**{each.name: values[each.name] for each in fields(Endpoint)})
    except (KeyError, TypeError):
        return None
    numbers, texts = (endpoint.port, endpoint.pid, endpoint.protocol), (endpoint.instance_id, endpoint.version)
    if not all(type(each) is int for each in numbers) or not all(isinstance(each, str) for each in texts):
        return None
    # A daemon of ours listens on loopback only; anything else in the file would send the token away.
    has_token = isinstance(endpoint.token, str) and endpoint.token.isascii() and endpoint.token.isprintable()
    is_ours = endpoint.host == "127.0.0.1" and 0 < endpoint.port < 65536 and 0 < endpoint.pid < 1 << 31
    return endpoint if is_ours and has_token else None


def remove_endpoint(path: Path, instance_id: str) -> None:
    """Removes the file if it still names this instance."""
    endpoint = read_endpoint(path)
    if endpoint is not None and endpoint.instance_id == instance_id:
        path.unlink(missing_ok=True)


def take_lock(path: Path) -> FileLock | None:
    """The lock of the one daemon, held until it is released or the process ends; None where another holds it.

    Raises OSError where it cannot be made.
    """
    lock = FileLock(path, timeout=LOCK_WAIT_S)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def lock_is_held(path: Path) -> bool:
    """Whether a daemon lives (or is just starting or stopping): another process holds the lock.

    Nothing is written, so that it can be told on a disk that is read-only, too.  Raises DaemonError
    `daemon_files_unusable`.
    """
    try:
        return _is_locked(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise unusable(path, error) from error


def _is_locked(path: Path) -> bool:
    if sys.platform == "win32":
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # what FileLock takes for itself alone
        except BlockingIOError:
            return True
        return False
