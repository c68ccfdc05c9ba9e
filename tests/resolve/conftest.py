"""A simulated Resolve with our script installed, and the daemon's line to it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cuemark.core.errors import HostError
from cuemark.hosts.resolve.bridge import ResolveBridge
from cuemark.hosts.resolve.mailbox import Mailbox
from cuemark.hosts.resolve.script_transport import ScriptTransport
from cuemark.hosts.resolve.scripts import rendered, source_file
from cuemark.hosts.resolve.studio_transport import StudioTransport, child_environment
from tests.resolve.simulated.client import SimulatedResolve

T = TypeVar("T")
FLAVOURS = ("free-21.1", "free-20", "studio-21.1", "studio-18")


class Desk:
    """An editor's desk: Resolves, the installed script, and what the daemon would use to talk to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mailbox = folder / "Jörg's mailbox"
        self.script = folder / "Cuemark.lua"
        self.script.write_bytes(rendered(source_file().read_bytes(), self.mailbox, windows=False))
        self.prefs = folder / "profile" / "Fusion.prefs"
        self.resolves: list[SimulatedResolve] = []

    def open(
        self, flavour: str, world: dict[str, Any], click: bool = True, prefs: Path | None = None
    ) -> SimulatedResolve:
        """A started Resolve, with the script clicked."""
        folder = self.folder / f"resolve-{len(self.resolves)}"
        resolve = SimulatedResolve(folder, flavour, world, prefs or self.prefs)
        self.resolves.append(resolve.start())
        if click:
            resolve.click(self.script)
        return resolve

    def script_transport(self) -> ScriptTransport:
        """A new daemon's line to the script."""
        return ScriptTransport(Mailbox(self.mailbox), self.prefs_files, self.processes)

    def bridge(self) -> ResolveBridge:
        """A new daemon's bridge."""
        return ResolveBridge(self.script_transport())

    def studio(self, resolve: SimulatedResolve, **environ: str) -> ResolveBridge:
        """A bridge by Studio's Python API."""
        return ResolveBridge(self.studio_transport(resolve, **environ))

    def studio_transport(self, resolve: SimulatedResolve, **environ: str) -> StudioTransport:
        """Studio's Python API in a child."""
        found = child_environment(environ={**os.environ, **resolve.environment(), **environ})
        return StudioTransport(found, self.processes)

    def prefs_files(self) -> list[Path]:
        """The preferences of all profiles."""
        return sorted({self.prefs, *(resolve.prefs for resolve in self.resolves)})

    def processes(self) -> frozenset[int]:
        """The Resolves of this desk that run."""
        return frozenset(resolve.pid for resolve in self.resolves if resolve.is_running())

    def end(self) -> None:
        """Ends what still runs; a script that failed in Lua fails the test."""
        for resolve in self.resolves:
            if resolve.is_running():
                errors = resolve.state()["errors"]
                resolve.kill()
                assert not errors, errors


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """This test's desk."""
    made = Desk(tmp_path)
    yield made
    made.end()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs what the daemon would await."""
    return asyncio.run(work)


def refused(work: Coroutine[Any, Any, Any]) -> HostError:
    """The error that the work ends with; it has words and a next step."""
    with pytest.raises(HostError) as caught:
        asyncio.run(work)
    assert caught.value.message and caught.value.next_step
    return caught.value


def wait_until(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for something to become true; long, because machines that run tests are busy."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def editor(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """This test's whole machine: see `Editor`."""
    from tests.resolve.editor import Editor

    home = tmp_path_factory.mktemp("Jörg")
    for name, value in {"HOME": home, "TEST_DESK": tmp_path, "RESOLVE_SCRIPT_API": home, "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, str(value))
    made = Editor(tmp_path, home)
    yield made
    made.end()
