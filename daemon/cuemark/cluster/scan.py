"""A scan from outside: starts the driver process, tells what it says, and ends all of Ray with it, whatever happens.

Ray itself is never imported here: neither the command line nor the daemon has it in its process.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from cuemark.cluster.order import Places, ScanEnd, ScanOrder, ScanResult
from cuemark.cluster.processes import MARK, end_all
from cuemark.cluster.ray_session import check_address, require_ray
from cuemark.core.errors import WorkerError
from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.core.serialise import decode, dumps

_STARTS_WITHIN_S = 180.0
_POLL_S = 0.2
_SHORT_TEMPORARY = "/tmp"
"""Ray's sockets lie below its folder, and a socket's path has at most 107 bytes."""


class Listener(Protocol):
    """Who is told how a scan goes on."""

    def ready(self, places: Places) -> None:
        """Ray runs, and these are the places where the work is done."""

    def rows(self, count: int) -> None:
        """So many rows are handed out, before those that finish long files."""

    def result(self, result: ScanResult) -> None:
        """What became of a row, in the order in which they end."""

    def check(self) -> None:
        """Asked several times a second; may raise to end the scan."""


def scan(order: ScanOrder, listener: Listener) -> ScanEnd:
    """Carry out a scan.

    Whatever ends it, an interrupt too, no process of Ray is left.  CuemarkError `cluster_extra_missing`,
    `cluster_failed`, `cluster_unreachable`, OptionError `option_cluster`, and what makes all rows fail (ModelError).
    """
    require_ray()
    check_address(order.address)
    with _scratch() as folder, _driver(replace(order, scratch=folder)) as lines:
        for message in lines(listener.check):
            kind, value = message["type"], message["value"]
            if kind == "ready":
                listener.ready(decode(Places, value))
            elif kind == "rows":
                listener.rows(value)
            elif kind == "row":
                listener.result(decode(ScanResult, value))
            else:
                end: ScanEnd = decode(ScanEnd, value)
                if end.failed is not None:
                    raise end.failed.error()
                return end
    raise AssertionError("lines end with `end`, or raise")


Lines = Callable[[Callable[[], None]], Iterator[dict[str, Any]]]


@contextmanager
def _driver(order: ScanOrder) -> Iterator[Lines]:
    """The driver at work; what it says, one message after the other."""
    mark = secrets.token_hex(8)
    process = subprocess.Popen(
        python_command("cuemark.cluster.driver"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=working_folder(),
        env={**_environment(os.environ), MARK: mark},
        start_new_session=True,  # an interrupt typed at the command is for the command alone: it ends the rest
    )
    assert process.stdin is not None
    heard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    words: deque[str] = deque(maxlen=20)
    threads = [
        threading.Thread(target=_read, args=(process.stdout, heard.put), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, lambda line: _note(words, line)), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with contextlib.suppress(OSError):  # one that has ended already says why
            process.stdin.write(dumps(order).encode("ascii") + b"\n")
            process.stdin.flush()
        yield lambda check: _messages(heard, words, check)
    finally:
        with contextlib.suppress(OSError):
            process.kill()
        end_all(process.pid, mark)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError, ValueError):
                assert stream is not None
                stream.close()


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """As our own processes have it; what somebody set for a Ray of theirs is for that one."""
    return {name: value for name, value in handed_on(environ).items() if name != "RAY_ADDRESS"}


def _messages(
    heard: queue.SimpleQueue[bytes | None], words: deque[str], check: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Until `end`; WorkerError `cluster_failed` where the driver ends before it, or never begins."""
    deadline, started = time.monotonic() + _STARTS_WITHIN_S, False
    while True:
        check()
        try:
            line = heard.get(timeout=_POLL_S)
        except queue.Empty:
            if not started and time.monotonic() > deadline:
                raise _failed(f"Ray did not start within {_STARTS_WITHIN_S:g} s") from None
            continue
        if line is None:
            raise _failed(f"the process that runs Ray ended ({words[-1] if words else 'it said nothing'})")
        message = json.loads(line)
        started = True
        yield message
        if message["type"] == "end":
            return


def _read(stream: Any, put: Callable[[bytes | None], None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # closed
        for line in stream:
            put(line)
    put(None)


def _note(words: deque[str], line: bytes | None) -> None:
    text = (line or b"").decode("utf-8", "replace").strip()
    if text:
        words.append(text[:300])


def _failed(why: str) -> WorkerError:
    return WorkerError("cluster_failed", f"The scan was ended: {why}.", "Scan again: what was done is kept.")


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for what Ray writes, gone afterwards."""
    below = _SHORT_TEMPORARY if sys.platform != "win32" and os.access(_SHORT_TEMPORARY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="cm-", dir=below))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
