"""The daemon's client for a command: found, started when needed, closed at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.cli import output
from cuemark.core.errors import DaemonError

if TYPE_CHECKING:
    from cuemark.rpc.client.client import CuemarkClient


def connect() -> CuemarkClient:
    """A client of the running daemon, or of one started now (said on stderr); to be used as a context."""
    from cuemark.rpc.client.client import CuemarkClient

    return _heard(CuemarkClient.connect(on_wait=say_wait))


def _heard(client: CuemarkClient) -> CuemarkClient:
    """The client, after what its daemon tells everybody was said, to stderr."""
    for notice in client.notices:
        output.warn(notice.message, notice.code)
    return client


def say_wait(words: str) -> None:
    """What is waited for, to stderr."""
    output.tell(f"{words} ...")


def connect_running() -> CuemarkClient | None:
    """A client of the daemon that runs, or None where none does; nothing is started."""
    from cuemark.rpc.client.client import CuemarkClient

    try:
        return _heard(CuemarkClient.connect(start=False))
    except DaemonError as error:
        if error.code == "daemon_not_running":
            return None
        raise


def connect_at_once() -> CuemarkClient | None:
    """A client of the daemon that runs and answers now, else None; nothing is started, and nobody waited for.

    Raises DaemonError `daemon_bad_token`, `daemon_protocol_mismatch`.
    """
    from cuemark.core import settings
    from cuemark.rpc.client.client import CuemarkClient

    return CuemarkClient.find(settings.load())
