"""The daemon: `python -m cuemark.rpc.server.main`, also behind `cuemark daemon run`.

Up: lock, log, library, bind, endpoint file, work.  Down: health says so, watchers are told, running jobs go back to
the queue, calls end, the library closes, the endpoint file goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from cuemark import __version__
from cuemark.core.drafts import sweep
from cuemark.core.errors import CuemarkError, DaemonError, StoreError
from cuemark.core.files import is_disk_full, make_private_folder
from cuemark.core.open_files import raised_file_limit
from cuemark.core.settings import Settings, load
from cuemark.core.text import terminal_safe
from cuemark.daemon.core import Core
from cuemark.daemon.worker_process import WORKER_COMMAND
from cuemark.hosts.bridge import Hosts, hosts_of
from cuemark.rpc.contract.endpoint import (
    ALREADY_RUNNING,
    DISK_FULL,
    Endpoint,
    read_endpoint,
    remove_endpoint,
    require_trusted,
    take_lock,
    write_endpoint,
)
from cuemark.rpc.server.server import Server

LOG_BYTES, LOGS_KEPT = 2 * 1024 * 1024, 4
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"
HOUSEKEEPING_S = 2.0
_PRIVATE = 0o077

log = logging.getLogger("cuemark.daemon")


def main(
    settings: Settings | None = None,
    worker_command: Sequence[str] = WORKER_COMMAND,
    hosts: Callable[[Settings], Hosts] = hosts_of,
) -> int:
    """Runs the daemon until it is stopped; the exit status (0, 1 failed to start, 3 another one runs)."""
    if os.name == "posix":
        os.umask(_PRIVATE)  # for the workers, too: nothing that is kept here is for others
    try:
        settings = load() if settings is None else settings
        require_trusted(settings.runtime)
        lock = _take_lock(settings)
    except CuemarkError as error:
        return _say(error, _status(error))
    if lock is None:
        endpoint = read_endpoint(settings.endpoint_file)
        where = "" if endpoint is None else f" (pid {endpoint.pid}, {endpoint.target})"
        running = DaemonError("daemon_already_running", f"A Cuemark daemon is already running{where}.")
        return _say(running, ALREADY_RUNNING)
    try:
        open_log(settings)
        return asyncio.run(_Daemon(settings, lock, worker_command, hosts).run())
    except CuemarkError as error:
        log.error("cannot start: %s: %s", error.code, error)
        return _say(error, _status(error))
    except OSError as error:
        refused = DaemonError("daemon_start_failed", f"The daemon cannot start: {error}.")
        return _say(refused, DISK_FULL if is_disk_full(error) else 1)
    finally:
        lock.release()


class _Daemon:
    """One run from lock to unlock."""

    def __init__(
        self, settings: Settings, lock: FileLock, worker_command: Sequence[str], hosts: Callable[[Settings], Hosts]
    ) -> None:
        self._settings = settings
        self._lock_identity = _identity(Path(lock.lock_file))
        self._worker_command = worker_command
        self._hosts = hosts

    async def run(self) -> int:
        settings = self._settings
        # Whatever it says, its daemon is gone: we hold the lock.
        settings.endpoint_file.unlink(missing_ok=True)
        files = raised_file_limit()
        core = Core(settings, self._worker_command, self._hosts)
        server = Server(core, most_connections=files // 2)
        endpoint = await server.start()
        write_endpoint(settings.endpoint_file, endpoint)
        log.info("Cuemark %s, pid %d, instance %s, %s", __version__, core.pid, core.instance_id, endpoint.target)
        log.info("settings: %s; jobs taken up: %d", settings, core.taken_up)
        _on_signals(core.stop_asked.set)
        core.start()
        sweeping = asyncio.create_task(asyncio.to_thread(_sweep, settings))
        try:
            await self._until_stopped(core, endpoint)
        finally:
            await self._down(core, server)
            await sweeping
        return 0

    async def _until_stopped(self, core: Core, endpoint: Endpoint) -> None:
        while not core.stop_asked.is_set():
            try:
                await asyncio.wait_for(core.stop_asked.wait(), HOUSEKEEPING_S)
            except asyncio.TimeoutError:
                self._keep_house(core, endpoint)

    def _keep_house(self, core: Core, endpoint: Endpoint) -> None:
        """Stops a daemon that is idle or was robbed of its files, and puts a lost endpoint file back."""
        settings = self._settings
        core.keep_house()
        for error in core.failed_dispatchers():
            log.critical("a dispatcher of work has ended: %s; stopping, the next daemon takes the jobs up", error)
            core.stop_asked.set()
        if _identity(settings.lock_file) != self._lock_identity or not settings.library_file.exists():
            # Another daemon may already own new ones; two on one library would be worse than none.
            log.error("the lock or the library was removed; stopping")
            core.stop_asked.set()
        elif not settings.endpoint_file.exists():
            write_endpoint(settings.endpoint_file, endpoint)
        if settings.daemon_idle_s and core.idle_s() > settings.daemon_idle_s:
            log.info("nothing to do for %g s; stopping", settings.daemon_idle_s)
            core.stop_asked.set()

    async def _down(self, core: Core, server: Server) -> None:
        log.info("stopping")
        await server.retire()
        await core.stop_work()
        await server.stop()
        core.close()
        remove_endpoint(self._settings.endpoint_file, core.instance_id)
        log.info("stopped")


def _sweep(settings: Settings) -> None:
    """Takes away what killed processes were writing."""
    swept = sum(map(sweep, (settings.data, settings.cache, settings.models, settings.runtime)))
    if swept:
        log.info("drafts of processes that were killed, taken away: %d", swept)


def _take_lock(settings: Settings) -> FileLock | None:
    """The lock of the one daemon, None where another holds it; raises DaemonError where it cannot be made."""
    try:
        make_private_folder(settings.data)
        make_private_folder(settings.runtime)
        return take_lock(settings.lock_file)
    except OSError as error:
        if is_disk_full(error):
            raise StoreError("disk_full", f"The folder {settings.runtime} cannot be used: the disk is full.") from error
        step = "Check that the folder can be written, or set CUEMARK_HOME to one that can."
        message = f"The folder {settings.runtime} cannot be used: {error}."
        raise DaemonError("daemon_start_failed", message, step) from error


def open_log(settings: Settings) -> None:
    """Sends all logging to the rotated log file, and to the terminal where the daemon runs in one; raises OSError."""
    make_private_folder(settings.log)
    file = logging.handlers.RotatingFileHandler(
        settings.log_file, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8", errors="backslashreplace"
    )
    handlers: list[logging.Handler] = [file]
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(OneLine(LOG_FORMAT))
    logging.basicConfig(level=settings.log_level, handlers=handlers, force=True)


class OneLine(logging.Formatter):
    """A record in one line, and a traceback in indented ones below it: no text in it can pass for another record."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return terminal_safe(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """See logging.Formatter."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """See logging.Formatter."""
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {terminal_safe(line)}" for line in text.split("\n"))


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at a path, so that another one put there is noticed."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _on_signals(stop: Callable[[], None]) -> None:
    """Ctrl-C, `kill`, and a terminal that closes stop the daemon in order; jobs go back to the queue at no cost."""
    loop = asyncio.get_running_loop()
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none; nohup has it ignored, and it stays so
    is_heard = hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN
    for number in (signal.SIGINT, signal.SIGTERM, *((hangup,) if hangup and is_heard else ())):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows' loops have none.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _status(error: CuemarkError) -> int:
    return DISK_FULL if error.code == "disk_full" else 1


def _say(error: CuemarkError, status: int) -> int:
    with contextlib.suppress(OSError):
        print(terminal_safe(str(error)), file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
