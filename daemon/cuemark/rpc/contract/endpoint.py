"""The files by which the one running daemon is known: its lock, and the endpoint file.

The lock tells whether a daemon lives; the endpoint file where it listens, with the token that proves a caller may
read it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from cuemark.core.files import PRIVATE_FILE, atomic_write, make_private_folder

MAX_BYTES = 16 * 1024
LOCK_WAIT_S = 1.0
"""Clients hold the lock for an instant to see whether it is free; that must not turn a daemon away."""
ALREADY_RUNNING = 3
"""Exit status of a daemon that found another one holding the lock."""


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


def write_endpoint(path: Path, endpoint: Endpoint) -> None:
    """Writes the file with mode 0600, whole or not at all."""
    make_private_folder(path.parent)
    atomic_write(path, json.dumps(asdict(endpoint)), mode=PRIVATE_FILE)


def read_endpoint(path: Path) -> Endpoint | None:
    """The daemon the file names; None where there is no file or it makes no sense (both mean: no daemon known)."""
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MAX_BYTES))
        endpoint = Endpoint(
            host=str(values["host"]),
            port=int(values["port"]),
            pid=int(values["pid"]),
            instance_id=str(values["instance_id"]),
            protocol=int(values["protocol"]),
            version=str(values.get("version", "")),
            token=str(values["token"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    # A daemon of ours listens on loopback only; anything else in the file would send the token away.
    is_ours = endpoint.host == "127.0.0.1" and 0 < endpoint.port < 65536 and endpoint.token.isascii()
    return endpoint if is_ours else None


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
    """Whether a daemon lives (or is just starting or stopping): another process holds the lock."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
