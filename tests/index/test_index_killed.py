"""Thirty SIGKILLs of daemon and worker while footage is indexed: the index is, byte by byte, that of a calm run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Shell, stopped
from tests.index.conftest import RATE, files_of, index_of, write_film

KILLS = 30
LENGTHS = (6, 9, 12)
PATIENCE_S = 600.0
ASKED = ("--clip", "sample", "--speech", "off", "--sample-fps", str(RATE))
VICTIMS = {"cuemark.worker.main": "worker", "cuemark.rpc.server.main": "daemon"}


class Killer(threading.Thread):
    """Kills a daemon or its worker at random moments of a worker's life, until its number is reached or it is stopped.

    With nobody at work nothing could be lost: it waits for a worker, then for a moment more.
    """

    def __init__(self, home: Path, most: int, dice: random.Random) -> None:
        super().__init__()
        self._home, self._most, self._dice = home, most, dice
        self.killed: Counter[str] = Counter()
        self.stopping = threading.Event()

    def run(self) -> None:
        while sum(self.killed.values()) < self._most and not self.stopping.wait(0.05):
            if "worker" not in self._victims() or self.stopping.wait(self._dice.uniform(0, 2)):
                continue
            victims = self._victims()
            name = self._dice.choice(sorted(VICTIMS.values()))
            if name in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victims[name], signal.SIGKILL)
                    self.killed[name] += 1

    def _victims(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                words = " ".join(process.cmdline())
                name = next((name for mark, name in VICTIMS.items() if mark in words), "")
                if name and process.environ().get("CUEMARK_HOME") == str(self._home):
                    found[name] = process.pid
        return found


def indexed_at_last(shell: Shell, footage: Path) -> None:
    """The same command again, as a user would, until it succeeds."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        ran = shell("index", footage, *ASKED)
        assert "Traceback" not in ran.err, ran.err
        if ran.code == 0:
            return
        assert time.monotonic() < deadline, ran.err


def told(shell: Shell) -> list[tuple[str, list[str], int]]:
    """What the library lists: path, all paths, vectors; and that all of it is whole."""
    listed = json.loads(shell("library", "list", "--all", "--json").out)
    verified = shell("library", "verify", "--json").json
    assert verified["index"]["whole"] and verified["index"]["unclaimed"] == 0, verified
    return sorted((one["path"], one["paths"], one["encoders"][0]["vectors"]) for one in listed)


def drafts(home: Path) -> list[Path]:
    """What killed writers left behind in the index."""
    return [path for path in (home / "data" / "index").rglob(".*")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_thirty_kills_lose_nothing_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    for number, length in enumerate(LENGTHS):
        write_film(footage / f"film {number}.mp4", length, number)
    shells = []
    try:
        shells.append(calm := _shell(tmp_path / "calm"))
        assert calm("index", footage, *ASKED).code == 0
        wanted, listed = files_of(index_of(calm)), told(calm)
        assert [count for _, _, count in listed] == [length * RATE for length in LENGTHS]
        killed: Counter[str] = Counter()
        rounds = 0
        while sum(killed.values()) < KILLS:
            shells.append(shell := _shell(tmp_path / f"round {rounds}"))
            towers = calm.home / "cache" / "image-towers"
            shutil.copytree(towers, shell.home / "cache" / "image-towers")
            killed += _under_fire(shell, footage, KILLS - sum(killed.values()), random.Random(rounds))
            assert files_of(index_of(shell)) == wanted, f"round {rounds}: another index than without kills"
            assert told(shell) == listed and not drafts(shell.home)
            stopped(shell)
            rounds += 1
    finally:
        for each in shells:
            stopped(each)
    with capsys.disabled():
        print(f"\nindex: {sum(killed.values())} SIGKILLs ({dict(killed)}) in {rounds} rounds, the same bytes each time")


def _shell(root: Path) -> Shell:
    (root / "here").mkdir(parents=True)
    return Shell(root / "home", root / "here")


def _under_fire(shell: Shell, footage: Path, most: int, dice: random.Random) -> Counter[str]:
    """Index with somebody who kills beside it; how many died, of each."""
    killer = Killer(shell.home, most, dice)
    killer.start()
    try:
        indexed_at_last(shell, footage)
    finally:
        killer.stopping.set()
        killer.join()
    indexed_at_last(shell, footage)  # the last kill may have come after the last file
    return killer.killed
