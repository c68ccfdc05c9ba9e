"""What holds for every test: a home of its own, no network, no error in the log that nobody expected."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

LOOPBACK = ("127.0.0.1", "::1", "localhost", "")
NOWHERE = "http://127.0.0.1:9"  # a proxy that refuses: for child processes, which a patched socket does not reach
OFFLINE = {
    "HTTP_PROXY": NOWHERE,
    "HTTPS_PROXY": NOWHERE,
    "ALL_PROXY": NOWHERE,
    "NO_PROXY": "127.0.0.1,::1,localhost",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


# How long one example takes says what else the machine does; what hangs meets the time limit of its test.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """The drawn footage of the tests is what the sample models know; nobody gets them unless they are named."""
    os.environ["CUEMARK_DEFAULT_MODEL"] = "sample"


class NetworkInTest(AssertionError):
    """A test, or the code under it, tried to leave this machine."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """--slow: run the tests marked slow, too."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Test processes: one a core for whole folders, none beside this one where files are named one by one."""
    named = [word.partition("::")[0] for word in config.args]
    return 0 if all(word.endswith(".py") for word in named) else min(4, os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the slow tests unless asked for, and those that need a GPU where there is none."""
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1800))
        if item.get_closest_marker("cuda") and not _cuda():
            item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU that torch can use"))


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True, scope="session")
def nothing_left_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """End the daemons and workers that tests left behind: processes whose home is in this session's folder."""
    yield
    left = _processes_of(tmp_path_factory.getbasetemp())
    for process in left:
        with contextlib.suppress(Exception):
            process.kill()
    if left:
        print(f"\nended {len(left)} processes that tests had left running")


def _processes_of(folder: Path) -> list[Any]:
    import psutil

    def home(process: psutil.Process) -> str:
        with contextlib.suppress(psutil.Error, OSError):
            return process.environ().get("CUEMARK_HOME", "")
        return ""

    own = os.getpid()
    return [p for p in psutil.process_iter() if p.pid != own and home(p).startswith(str(folder) + os.sep)]


@pytest.fixture(autouse=True)
def cuemark_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CUEMARK_HOME, outside of tmp_path, so that tmp_path holds only what the test puts there."""
    home = tmp_path_factory.mktemp("cuemark-home")
    monkeypatch.setenv("CUEMARK_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that leave this machine fail, in this process and (by a dead proxy) in its children."""
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
        if os.name == "posix":
            monkeypatch.setenv(name.lower(), value)
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        _stay_here(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        _stay_here(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


def _stay_here(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
        raise NetworkInTest(f"this test wants to talk to {address[0]}:{address[1]}")


@pytest.fixture(autouse=True)
def no_errors_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A log record of level ERROR fails the test, unless it is marked `logs_errors`."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    errors = [record for record in records if record.levelno >= logging.ERROR]
    assert not errors, "logged: " + "; ".join(f"{record.name}: {record.getMessage()}" for record in errors)
