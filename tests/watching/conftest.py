"""A watched folder with a real daemon.  The work on a file is made up: the file's name says what happens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from cuemark.core import settings as configuration
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import Job
from cuemark.core.watches import WatchedFolder, WatchEvent, WatchState
from tests.daemon.conftest import FAKE_DAEMON, Home

DEADLINE_S = 60.0
"""For what takes a second or two on an idle machine."""
SETTLE_S = "0.4"


class Watched:
    """A watched folder, and what was told of it."""

    def __init__(self, home: Home, folder: Path, daemon: tuple[str, ...] = FAKE_DAEMON) -> None:
        self.home, self.folder = home, folder
        self.events: list[WatchEvent] = []
        self.refusal: CuemarkError | None = None
        self.ended = threading.Event()
        self.client = home.connect(command=daemon)

    def begin(self, *, analyze: bool = False, options: AnalysisOptions | None = None) -> WatchedFolder:
        """Watches the folder, and listens."""
        found = self.client.watch_folder(self.folder, options, analyze=analyze)
        threading.Thread(target=self._listen, daemon=True).start()
        self.until(lambda: self.events)
        return found

    def _listen(self) -> None:
        try:
            with closing(self.client.follow_watch(self.folder)) as events:
                for event in events:
                    self.events.append(event)
        except CuemarkError as error:
            self.refusal = error
        finally:
            self.ended.set()

    def end(self) -> None:
        """Ends the watch, and with it the listening."""
        with suppress(CuemarkError):
            self.client.stop_watch(self.folder)
        if self.events:
            self.ended.wait(30)
        self.client.close()

    def told(self, name: str) -> list[WatchState]:
        """The states that were told of a file, in order, a repeated one once."""
        states = [event.state for event in list(self.events) if event.path == self.folder / name]
        return [state for place, state in enumerate(states) if place == 0 or states[place - 1] is not state]

    def last(self, name: str) -> WatchEvent | None:
        """What was told of a file last."""
        of_file = [event for event in list(self.events) if event.path == self.folder / name]
        return of_file[-1] if of_file else None

    def until(self, what: Callable[[], object], seconds: float = DEADLINE_S) -> None:
        """Waits for something to become true."""
        try:
            self.home.wait_until(what, seconds)
        except AssertionError:
            lines = [f"{event.state.value} {event.path.name} {event.note} {event.error}" for event in self.events]
            raise AssertionError("waited in vain; told was:\n" + "\n".join(lines)) from None

    def until_state(self, name: str, state: WatchState) -> WatchEvent:
        """Waits until a file is in a state; the event that said so."""
        self.until(lambda: (last := self.last(name)) is not None and last.state is state)
        last = self.last(name)
        assert last is not None
        return last

    def jobs(self, name: str | None = None) -> list[Job]:
        """The daemon's jobs, the oldest first; those of one file."""
        found = self.client.list_jobs(limit=5000)[::-1]
        return [job for job in found if name is None or getattr(job.spec, "path", None) == self.folder / name]

    def write(self, name: str, content: bytes = b"\x1f footage \x00" * 100) -> Path:
        """A file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture
def home(cuemark_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """This test's Cuemark, for which a file that has been still for a moment is copied."""
    monkeypatch.setenv("CUEMARK_WATCH_SETTLE_S", SETTLE_S)
    made = Home(configuration.load())
    yield made
    made.end()


@pytest.fixture
def watched(home: Home, tmp_path: Path) -> Iterator[Watched]:
    """A folder to watch; nothing is in it yet."""
    folder = tmp_path / "card"
    folder.mkdir()
    made = Watched(home, folder)
    yield made
    made.end()


def name_of(job: Job) -> str:
    """The file that a job works on."""
    return str(getattr(job.spec, "path").name)  # noqa: B009


def movie(size: int = 4000) -> bytes:
    """The boxes of an MP4 whose index comes last, as cameras write it."""
    index = box(b"moov", b"\0" * 100)
    return box(b"ftyp", b"isom\0\0\2\0") + box(b"mdat", b"\x17" * size) + index


def box(kind: bytes, content: bytes) -> bytes:
    """One box."""
    return (8 + len(content)).to_bytes(4, "big") + kind + content
