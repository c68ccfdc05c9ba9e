"""Daemons for tests: each test has its own home, and what it started is stopped at its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cuemark.core import settings as configuration
from cuemark.core.settings import Settings
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from cuemark.rpc.contract.endpoint import Endpoint, lock_is_held, read_endpoint

FAKE_DAEMON = (sys.executable, str(Path(__file__).with_name("fake_daemon.py")))


class Home:
    """A test's own Cuemark: its settings, its daemon, and ways to do harm to it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._clients: list[CuemarkClient] = []

    def connect(self, start: bool = True, command: tuple[str, ...] = FAKE_DAEMON) -> CuemarkClient:
        """A client of the daemon, which has the made-up pipeline unless told otherwise."""
        client = CuemarkClient.connect(self.settings, start=start, daemon_command=command)
        self._clients.append(client)
        return client

    def endpoint(self) -> Endpoint:
        """What the endpoint file says."""
        endpoint = read_endpoint(self.settings.endpoint_file)
        assert endpoint is not None
        return endpoint

    def kill(self, pid: int) -> None:
        """kill -9, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        self.wait_until(lambda: is_gone(pid))

    def kill_daemon(self) -> int:
        """kill -9 of the running daemon; its pid."""
        pid = self.endpoint().pid
        self.kill(pid)
        self.wait_until(lambda: not lock_is_held(self.settings.lock_file))
        return pid

    @staticmethod
    def wait_until(what: Callable[[], object], seconds: float = 15.0) -> None:
        """Waits for something to become true."""
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def end(self) -> None:
        """Stops the daemon; kills it where it cannot be stopped."""
        for client in self._clients:
            client.close()
        endpoint = read_endpoint(self.settings.endpoint_file)
        try:
            stop_daemon(self.settings)
        finally:
            if endpoint is not None and lock_is_held(self.settings.lock_file) and not is_gone(endpoint.pid):
                os.kill(endpoint.pid, signal.SIGKILL)


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def home(cuemark_home: Path) -> Iterator[Home]:
    """This test's Cuemark; what it started is stopped at the end."""
    made = Home(configuration.load())
    yield made
    made.end()


@pytest.fixture
def client(home: Home) -> CuemarkClient:
    """A client of a running daemon with the made-up pipeline."""
    return home.connect()
