"""A hundred SIGKILLs at random moments: of the daemon, its workers, the command, and Resolve with the script in it.

Each round lives in a home of its own and does all that a user does: pull a model, analyse three files, edit, export,
send to a timeline, take off again.  Somebody kills meanwhile, at moments and with victims that the round's seed says.
The user does what a user would: the same command again, and `jobs retry` for what failed three times.  At the end all
is as after a round in which nobody killed.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from cuemark.core import settings as configuration
from cuemark.hosts.resolve.script_transport import mailbox_folder
from cuemark.hosts.resolve.scripts import rendered, source_file
from tests.cli.conftest import stopped
from tests.models.conftest import FileServer, server
from tests.own_footage.conftest import Machine, Pairs, pairs
from tests.resolve.simulated.client import PREFS, SimulatedResolve
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world

__all__ = ["pairs", "server"]

KILLS = 100
ROUNDS = 5
LENGTHS = (15, 25, 35)  # seconds of footage, at RATE pictures a second, each of which is sampled
RATE = 24
KILLS_A_STORY = 25  # about: how often is killed in the time that a story takes on this machine
PART, BATCH = 64, 8  # samples kept together; samples that a pass of the encoder takes
FORMATS = ("fcpxml", "csv", "ffmetadata")
PATIENCE_S = 240.0
OF_KILLS = (
    "worker_crashed", "daemon_lost", "daemon_not_answering", "daemon_start_failed", "helper_failed", "resolve_lost",
    "resolve_gone", "resolve_not_running", "resolve_no_script", "resolve_no_answer", "resolve_busy",
    "resolve_answer_lost",
)  # fmt: skip
"""What a command may say when somebody was killed under it."""
MINE = {frame: marker(f"mine {frame}") for frame in (3, 77, 150)}


def write_film(path: Path, seconds: int, seed: int) -> Path:
    """Footage of which no two pictures are alike, so that every sample is encoded; scenes of ten seconds."""
    noise = np.random.default_rng(seed)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(seconds * RATE):
            picture = np.full((48, 64, 3), (number // (10 * RATE) * 60 % 255, seed * 40 % 255, 90), np.uint8)
            picture[8:40, 8:56] = noise.integers(0, 255, (32, 48, 1), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class User:
    """A machine with footage, a timeline that shows it, and somebody who does not give up."""

    def __init__(self, root: Path, films: list[Path], pairs: Pairs, hub: str) -> None:
        self.root = root
        self.films = films
        self.machine = Machine(root, pairs, hub)
        self.machine.more = {"HOME": str(root / "account"), "CUEMARK_WORKER_IDLE_S": "60", "COLUMNS": "200"}
        self.models = ("--clip", str(pairs.pocket / "clip"), "--lm", str(pairs.pocket / "lm"))
        self.out = root / "out"
        self.out.mkdir()
        self.command: subprocess.Popen[bytes] | None = None
        self.again = Counter[str]()
        self.known: dict[str, list[str]] = {}
        self.resolve = self._desk()

    def _desk(self) -> SimulatedResolve:
        settings = configuration.load({"CUEMARK_HOME": str(self.machine.home)})
        self.script = self.root / "Cuemark.lua"
        self.script.write_bytes(rendered(source_file().read_bytes(), mailbox_folder(settings), windows=False))
        film = self.films[0]
        item = Item("a", 0, LENGTHS[0] * RATE, Media(film, Fraction(RATE), LENGTHS[0] * RATE))
        timeline = TimelineWorld("Edit", Fraction(RATE), [[item]], markers=dict(MINE))
        return SimulatedResolve(self.root / "resolve", "free-21.1", world(timeline), self.root / "account" / PREFS)

    def open_resolve(self) -> None:
        """Start Resolve, and click the script in its menu."""
        self.resolve.start()
        self.resolve.click(self.script)

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        """A command that may be killed."""
        self.command = self.machine.start(*map(str, words))
        out, err = self.command.communicate(timeout=PATIENCE_S)
        code, self.command = self.command.returncode, None
        assert "Traceback" not in err.decode(), err.decode()
        return code, out.decode(), err.decode()

    def until_done(self, *words: str | Path) -> str:
        """The same command again until it succeeds; what it printed."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            code, out, err = self.run(*words)
            if code == 0:
                return out
            assert time.monotonic() < deadline, (words, code, out, err)
            assert code == -signal.SIGKILL or any(f"[{reason}]" in err for reason in OF_KILLS), (words, code, err)
            self.again[str(words[0])] += 1
            if words[0] == "resolve":
                self._mend_resolve()

    def _mend_resolve(self) -> None:
        with contextlib.suppress(Exception):
            if not self.resolve.is_running():
                self.resolve.kill()  # it is gone: what is left of it here
                self.open_resolve()

    def analysed(self) -> dict[Path, str]:
        """Ask for the analyses once, wait for their jobs, retry what failed; the analysis of each film."""
        asked = "--preset", "fast", "--moments", "3", "--sample-fps", str(RATE), *self.models
        deadline = time.monotonic() + PATIENCE_S
        while True:
            jobs = self._jobs()
            missing = [film for film in self.films if str(film) not in jobs]
            if missing:
                self.run("analyze", *missing, *asked)
                continue
            for job in jobs.values():
                if job["state"] in ("failed", "cancelled"):
                    assert job["error"]["code"] in ("worker_crashed",), job["error"]
                    self.run("jobs", "retry", job["id"])
                    self.again["retry"] += 1
            if all(job["state"] == "succeeded" for job in jobs.values()):
                return {film: jobs[str(film)]["analysis"] for film in self.films}
            assert time.monotonic() < deadline, jobs
            time.sleep(0.2)

    def _jobs(self) -> dict[str, Any]:
        """The analyses' jobs by path; each is there once."""
        listed = [job for job in json.loads(self.until_done("jobs", "list", "--json")) if job["kind"] == "analyze"]
        assert len({job["path"] for job in listed}) == len(listed), "a job is queued once"
        return {job["path"]: job for job in listed}

    def story(self) -> dict[str, Any]:
        """All that a user does; what came of it."""
        self.until_done("models", "pull", "light")
        ids = self.analysed()
        told: dict[str, Any] = {"pulled": _files(self.machine.home / "models" / "light")}
        for number, film in enumerate(self.films):
            told[film.name] = self._edited(ids[film], f"Called {number}")
            for name in FORMATS:
                target = self.out / f"{film.stem}.{name}"
                self.until_done("export", ids[film], "--format", name, "-o", target, "--force")
                text = _without_ids(target.read_text(), [ids[film], *self._moments(ids[film])])
                told[target.name] = list(csv.DictReader(io.StringIO(text))) if name == "csv" else text
        self.until_done("resolve", "send", ids[self.films[0]])
        told["markers"] = [
            (frame, held["name"], held["duration"], held["color"]) for frame, held in sorted(self._markers().items())
        ]
        self.until_done("resolve", "undo")
        told["left"] = self._markers()
        return told

    def _edited(self, analysis: str, caption: str) -> Any:
        """One moment renamed, one deleted; the analysis as it then is."""
        first, second, *_ = self._moments(analysis)
        self.until_done("analyses", "edit", analysis, first, "--caption", caption)
        while second in [moment["id"] for moment in self._shown(analysis)["moments"]]:
            self.run("analyses", "edit", analysis, second, "--delete")  # of what is deleted already it says so
        return _bare(self._shown(analysis))

    def _shown(self, analysis: str) -> Any:
        return json.loads(self.until_done("analyses", "show", analysis, "--json"))

    def _moments(self, analysis: str) -> list[str]:
        """Ids of the moments as they were found, before any edit."""
        if analysis not in self.known:
            self.known[analysis] = [moment["id"] for moment in self._shown(analysis)["moments"]]
        return self.known[analysis]

    def _markers(self) -> dict[int, dict[str, Any]]:
        return self.resolve.saved_markers()

    def encoded(self) -> int:
        """Samples encoded by all jobs."""
        return sum(job["counters"].get("frames_encoded", 0) for job in self._jobs().values())

    def processes(self) -> list[psutil.Process]:
        """Every process of this home."""
        return [process for process in psutil.process_iter() if _home_of(process) == str(self.machine.home)]


def _home_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.environ().get("CUEMARK_HOME", "")
    return ""


def _files(folder: Path) -> dict[str, bytes]:
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def _without_ids(text: str, ids: list[str]) -> str:
    for number, each in enumerate(ids):
        text = text.replace(each, f"ID {number}")
    return text


_OWN = ("id", "analysis", "created_at", "reason")


def _bare(shown: Any) -> Any:
    """What an analysis says, without what names this one: its ids and its times of making."""
    if isinstance(shown, dict):
        return {key: _bare(value) for key, value in shown.items() if key not in _OWN}
    return [_bare(value) for value in shown] if isinstance(shown, list) else shown


_MEASURED = ("score", "scores", "mask")
_NOISE = 0.001
"""What is measured is a sum over batches, and which frames or texts share a batch depends on what was done before: the
last bits may be others.  Times, frames, words and everything else are the same to the letter."""


def _same(found: Any, wanted: Any, *, measured: bool = False) -> bool:
    """Whether these are equal, what is measured by its value."""
    if isinstance(wanted, dict):
        return set(found) == set(wanted) and all(
            _same(found[key], value, measured=measured or key in _MEASURED) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        alike = len(found) == len(wanted)
        return alike and all(_same(*pair, measured=measured) for pair in zip(found, wanted, strict=True))
    if measured and wanted not in ("", None) and found not in ("", None):
        return abs(float(found) - float(wanted)) <= _NOISE
    return bool(found == wanted)


@dataclass
class Killer:
    """Kills at random, seeded moments until its number is reached or it is stopped."""

    user: User
    random: random.Random
    most: int
    pause: float
    killed: Counter[str] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """In a thread of its own, beside the story."""
        while sum(self.killed.values()) < self.most and not self.stopping.wait(self.random.uniform(0, 2 * self.pause)):
            victims = self._victims()
            names = sorted(victims)
            if names:
                name = self.random.choice(names)
                if self._kill(victims[name]):
                    self.killed[name] += 1

    def _victims(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for process in self.user.processes():
            with contextlib.suppress(psutil.Error):
                words = " ".join(process.cmdline())
                name = next((name for mark, name in _VICTIMS.items() if mark in words), "")
                if name:
                    found[name] = process.pid
        if self.user.resolve.is_running():
            found["Resolve"] = self.user.resolve.pid
        return found

    @staticmethod
    def _kill(pid: int) -> bool:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


_VICTIMS = {
    "cuemark.cli.main": "command", "cuemark.worker.main": "worker", "cuemark.worker.oneshot": "helper",
    "cuemark.rpc.server.main": "daemon",
}  # fmt: skip


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    return [write_film(folder / f"film {number}.mp4", length, number) for number, length in enumerate(LENGTHS)]


Make = Callable[[str], User]


@pytest.fixture
def make(tmp_path: Path, films: list[Path], pairs: Pairs, server: FileServer) -> Iterator[Make]:
    """Users whose hub is slow enough to be killed in the middle of a pull."""
    server.files |= pairs.files
    server.delay = 0.01
    made: list[User] = []

    def one(name: str) -> User:
        made.append(User(tmp_path / name, films, pairs, server.url))
        made[-1].open_resolve()
        return made[-1]

    yield one
    for user in made:
        stopped(user.machine)
        user.resolve.kill()


def _is_temporary(path: Path) -> bool:
    """Whether it is what somebody was writing; of a pull, the notes of what it has, too."""
    in_pull = path.parent.name == ".partial" and path.suffix != ".lock"
    return (path.name.startswith(".") and path.name != ".partial") or path.suffix in (".draft", ".new") or in_pull


def settled(user: User) -> list[str]:
    """The daemon is started once more and stopped; what is left that should not be, in words."""
    user.until_done("jobs", "list")
    user.until_done("daemon", "stop")
    time.sleep(1.0)
    left = [f"process {process.pid}: {' '.join(process.cmdline())}" for process in user.processes()]
    for folder in (user.machine.home, user.out, user.machine.cwd):
        left += [f"temporary file {path}" for path in folder.rglob("*") if _is_temporary(path)]
    with contextlib.closing(sqlite3.connect(user.machine.home / "data" / "library.sqlite")) as library:
        if library.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            left.append("a damaged library")
        if library.execute("PRAGMA foreign_key_check").fetchall():
            left.append("rows of the library without those they belong to")
    return left


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_hundred_kills(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    calm = make("calm")
    wanted = calm.story()
    pause, samples = (time.monotonic() - began) / KILLS_A_STORY, calm.encoded()
    assert wanted["left"] == MINE and samples == sum(LENGTHS) * RATE and settled(calm) == []
    killed, again, extra = Counter[str](), Counter[str](), []
    for number in range(ROUNDS):
        user = make(f"round {number}")
        shutil.copytree(calm.machine.home / "cache" / "image-towers", user.machine.home / "cache" / "image-towers")
        most = (KILLS - sum(killed.values())) // (ROUNDS - number)
        killer = Killer(user, random.Random(number), most, pause)
        found = _story_under_fire(user, killer)
        for key, value in wanted.items():
            assert _same(found[key], value), f"round {number}: {key} is another than without kills"
        extra.append(user.encoded() - samples)
        assert (left := settled(user)) == [], f"round {number}: {left}"
        killed += killer.killed
        again += user.again
        unlucky = killer.killed["daemon"] + killer.killed["worker"]
        # A part may have been computed and not kept in the instant of a kill, or kept and its number not heard of.
        assert abs(extra[-1]) <= unlucky * (PART + 2 * BATCH), f"round {number}: {extra[-1]} samples computed twice"
    with capsys.disabled():
        print(
            f"\nkills: {sum(killed.values())} SIGKILLs ({dict(killed)}) in {ROUNDS} rounds of {len(LENGTHS)} analyses, "
            f"a pull, edits, {len(LENGTHS) * len(FORMATS)} exports, send and undo: each result once, as without kills, "
            f"no orphan, no temporary file; {samples} samples a round without kills, and beside them {extra}; "
            f"given again {dict(again)}; {time.monotonic() - began:.0f} s"
        )
    assert sum(killed.values()) >= KILLS


def _story_under_fire(user: User, killer: Killer) -> dict[str, Any]:
    """The story, again from its start while there are kills left: what is done is done once only."""
    thread = threading.Thread(target=killer.run)
    thread.start()
    try:
        found = user.story()
        while thread.is_alive():
            found = user.story()
        return found
    finally:
        killer.stopping.set()
        thread.join()
