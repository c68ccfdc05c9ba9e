"""Finding the running daemon, starting one where none runs, and stopping it.

Endpoint file -> lock -> probe -> start -> wait.  The lock tells whether a daemon lives, the endpoint file only where.
A file without a lock holder is stale whatever it says (dead pid, pid taken by another program, port taken by another
server) and is silently replaced; a lock holder that cannot be used as it is gets its own reason code.
"""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
import psutil

from cuemark.core.apart import start_apart
from cuemark.core.errors import DaemonError, Notice
from cuemark.core.own_process import python_command
from cuemark.core.settings import Settings
from cuemark.core.status import DaemonVersion
from cuemark.core.system_errors import system_error, system_reason
from cuemark.core.text import printable_path
from cuemark.rpc.contract.endpoint import (
    ALREADY_RUNNING,
    DISK_FULL,
    Endpoint,
    lock_is_held,
    read_endpoint,
    require_trusted,
)
from cuemark.rpc.contract.protocol import CHANNEL_OPTIONS, PROTOCOL, TOKEN_METADATA, error_of
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import system_pb2, system_pb2_grpc

PROBE_S = 2.0
SILENT_S = 10.0
"""A lock holder whose endpoint does not answer for so long is given up."""
STOP_S = 20.0
"""A daemon that was asked to stop may take so long: it puts jobs back and ends its workers."""

DAEMON_COMMAND: tuple[str, ...] = python_command("cuemark.rpc.server.main")

_SHORT_OF = (
    "Too many open files",
    "Cannot allocate memory",
    "Resource temporarily unavailable",
    "No space left on device",
)

Waiting = Callable[[str], None]


@dataclass(frozen=True)
class Link:
    """An open channel to a daemon that proved to be the one the endpoint file names, and what it tells everybody."""

    channel: grpc.aio.Channel
    endpoint: Endpoint
    notices: tuple[Notice, ...] = ()


def token_metadata(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """What every call carries."""
    return ((TOKEN_METADATA, endpoint.token),)


async def probe(endpoint: Endpoint, timeout: float = PROBE_S) -> Link | None:
    """A link to the daemon an endpoint names, or None where nothing of ours answers there.

    Raises DaemonError `daemon_bad_token` or `daemon_protocol_mismatch` where a Cuemark daemon answers and refuses.
    """
    _require_protocol(endpoint.protocol, endpoint.version)
    channel = _channel(endpoint)
    stub = system_pb2_grpc.SystemServiceStub(channel)
    try:
        request = system_pb2.GetVersionRequest()
        answer = await stub.GetVersion(request, timeout=timeout, metadata=token_metadata(endpoint))
        if answer.instance_id == endpoint.instance_id:
            _require_protocol(answer.protocol, answer.version)
            return Link(channel, endpoint, from_message(DaemonVersion, answer).notices)
    except grpc.RpcError as failure:
        refused = error_of(failure)
        if refused is not None and refused.code == "daemon_bad_token":
            await channel.close()
            raise refused from None
    except BaseException:
        await channel.close()
        raise
    await channel.close()
    return None


async def find(settings: Settings) -> Link | None:
    """A link to the running daemon, None where none runs; never starts one.

    Raises as `probe` does, and DaemonError runtime_not_trusted, daemon_files_unusable.
    """
    require_trusted(settings.runtime)
    endpoint = read_endpoint(settings.endpoint_file)
    if endpoint is None or not lock_is_held(settings.lock_file):
        return None
    return await probe(endpoint)


async def connect(
    settings: Settings,
    *,
    start: bool = True,
    on_wait: Waiting | None = None,
    daemon_command: Sequence[str] = DAEMON_COMMAND,
) -> Link:
    """A link to the running daemon, started first where none runs and `start` allows it.

    `on_wait` is told in words what is being waited for.  Raises DaemonError: daemon_not_running, daemon_start_failed,
    daemon_not_answering, daemon_bad_token, daemon_protocol_mismatch, runtime_not_trusted, daemon_files_unusable.
    """
    return await _Connecting(settings, start, on_wait, daemon_command).run()


class _Connecting:
    """One attempt to get a link, with what it has tried so far."""

    def __init__(self, settings: Settings, start: bool, on_wait: Waiting | None, command: Sequence[str]) -> None:
        self.settings = settings
        self.start = start
        self.on_wait = on_wait
        self.command = command
        self.child: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.begun = time.monotonic()

    async def run(self) -> Link:
        while True:
            link = await find(self.settings)
            if link is not None:
                return link
            self._look_after_child()
            if not lock_is_held(self.settings.lock_file) and self.child is None:
                self._spawn()
            self._give_up_when_late()
            await asyncio.sleep(0.1)

    def _spawn(self) -> None:
        if not self.start:
            raise DaemonError("daemon_not_running", "No Cuemark daemon is running.", "Start it: cuemark daemon start")
        self.starts += 1
        if self.starts > 3:
            raise self._failed("The daemon stopped again right after it had started.")
        if self.on_wait is not None:
            self.on_wait("Starting the Cuemark daemon")
        self.child = spawn_daemon(self.settings, self.command)

    def _look_after_child(self) -> None:
        """A child that ended: fine when another daemon was faster, else the end of the attempt."""
        if self.child is None or self.child.poll() is None:
            return
        status, self.child = self.child.returncode, None
        if status not in (0, ALREADY_RUNNING):
            raise self._failed(f"The Cuemark daemon could not start: {self._last_words(status)}")

    def _give_up_when_late(self) -> None:
        waited = time.monotonic() - self.begun
        if self.starts and waited > self.settings.start_timeout_s:
            seconds = f"{self.settings.start_timeout_s:g}"
            raise self._failed(f"The Cuemark daemon was started but did not answer within {seconds} s.")
        if not self.starts and waited > SILENT_S:
            raise DaemonError(
                "daemon_not_answering",
                "A Cuemark daemon is running but does not answer.",
                f"Stop it with `cuemark daemon stop` and try again; its log is {self.settings.log_file}",
            )

    def _last_words(self, status: int) -> str:
        try:
            text = self.settings.start_log_file.read_text("utf-8", "replace")
        except OSError:
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if status == DISK_FULL:  # which also keeps the words from being written down
            return "the disk is full."
        short_of = next((words for words in _SHORT_OF if words in text), None)
        if short_of is not None:  # said by libraries in lines of their own make
            return f"{short_of}."
        return lines[-1] if lines else f"it ended with status {status}"

    def _failed(self, message: str) -> DaemonError:
        logs = f"Read {self.settings.start_log_file} and {self.settings.log_file}, or run: cuemark daemon run"
        return DaemonError("daemon_start_failed", message, logs)


def spawn_daemon(settings: Settings, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Starts a daemon that outlives us; what it says before its log is open goes to the start log."""
    try:
        return start_apart(command, settings.start_log_file)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN) and (known := system_error(error)):
            raise DaemonError("daemon_start_failed", known.message, known.next_step) from error
        step = "Check that the folder can be written, or set CUEMARK_HOME to one that can."
        if error.filename == command[0]:
            step = f"Check that you may run {command[0]}, or install Cuemark again."
        where = "" if error.filename is None else f"{printable_path(os.fspath(error.filename))}: "
        message = f"The Cuemark daemon could not start: {where}{system_reason(error)}."
        raise DaemonError("daemon_start_failed", message, step) from error


async def stop(settings: Settings, timeout: float = STOP_S) -> bool:
    """Stops the daemon and waits until it is gone, also one of another version or one that no longer answers.

    False where none ran.  Asks by RPC first, then by signal.  Raises DaemonError `daemon_not_stopped` where it is
    still there at the end.
    """
    require_trusted(settings.runtime)
    if not lock_is_held(settings.lock_file):
        return False
    asked: set[str] = set()
    deadline = time.monotonic() + timeout
    while lock_is_held(settings.lock_file):
        # Read anew each time: a daemon that is just starting writes the file late, and one that waited for the lock
        # of the one we stop takes its place.
        endpoint = read_endpoint(settings.endpoint_file)
        if endpoint is not None and endpoint.instance_id not in asked:
            asked.add(endpoint.instance_id)
            if not await _shut_down(endpoint):
                _terminate(endpoint)
        if time.monotonic() > deadline:
            pid = "its process" if endpoint is None else f"process {endpoint.pid}"
            raise DaemonError("daemon_not_stopped", f"The daemon did not stop in {timeout:g} s.", f"End {pid} by hand.")
        await asyncio.sleep(0.05)
    return True


async def _shut_down(endpoint: Endpoint) -> bool:
    async with _channel(endpoint) as channel:
        stub = system_pb2_grpc.SystemServiceStub(channel)
        try:
            await stub.Shutdown(system_pb2.ShutdownRequest(), timeout=3.0, metadata=token_metadata(endpoint))
        except grpc.RpcError:
            return False
    return True


def _terminate(endpoint: Endpoint) -> None:
    """Terminates the process the endpoint file names, if it is the one that listens there: pids are used again."""
    try:
        process = psutil.Process(endpoint.pid)
        ports = {found.laddr.port for found in process.net_connections("tcp") if found.status == psutil.CONN_LISTEN}
        if endpoint.port in ports:
            process.terminate()
    except (psutil.Error, ValueError):
        return


def _channel(endpoint: Endpoint) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(endpoint.target, options=list(CHANNEL_OPTIONS))


def _require_protocol(protocol: int, version: str) -> None:
    if protocol != PROTOCOL:
        raise DaemonError(
            "daemon_protocol_mismatch",
            f"The running Cuemark daemon (version {version or 'unknown'}) speaks protocol {protocol}, "
            f"this program speaks {PROTOCOL}.",
            "Stop it with `cuemark daemon stop`; the next command starts the right one.",
        )
