"""Daemon, script or Resolve killed at any step: the next command works, and no marker is lost or doubled."""

from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import HostError
from tests.resolve.conftest import Desk, run
from tests.resolve.sender import send, undo, wanted
from tests.resolve.simulated.client import SimulatedResolve
from tests.resolve.simulated.worlds import Item, TimelineWorld, marker, world

MINE = {frame: marker(f"mine {frame}", note="höchst wichtig", duration=3) for frame in range(7, 1000, 49)}
OURS = {held.frame for held in wanted()}
ROOT = Path(__file__).parents[2]
AT_CALLS = (9, 27, 45, *(pytest.param(calls, marks=pytest.mark.slow) for calls in (0, 3, 14, 20, 34, 38, 49, 55)))
"""Calls of Resolve's API after which something dies: from the first of a description to the last of the markers."""


def film() -> dict[str, Any]:
    return world(TimelineWorld("Cut", Fraction(25), [[Item("title", 0, 1000)]], markers=dict(MINE)))


def as_wanted(held: dict[int, dict[str, Any]], names: str = "a1") -> None:
    """The user's markers are what they were, and each of ours is there once."""
    assert {frame: mark for frame, mark in held.items() if frame in MINE} == MINE
    ours = {frame: mark for frame, mark in held.items() if frame not in MINE}
    assert set(ours) == OURS
    assert {mark["customData"] for mark in ours.values()} == {m.custom_data for m in wanted(names)}
    assert {mark["name"] for mark in ours.values()} == {m.name for m in wanted(names)}


def attempt(desk: Desk, again: bool = False) -> None:
    """Sends, whatever becomes of it."""
    try:
        run(send(desk.bridge(), "a2" if again else "a1", ("a1", "a2")))
    except HostError as error:
        assert error.code in {"resolve_gone", "resolve_no_answer", "resolve_no_script", "resolve_not_running"}


@pytest.mark.parametrize("calls", AT_CALLS)
@pytest.mark.parametrize("flavour", ["free-21.1", "studio-18"])
def test_resolve_is_killed(desk: Desk, flavour: str, calls: int) -> None:
    """First while markers are added, then while they are replaced by those of another analysis."""
    resolve = desk.open(flavour, film())
    for again in (False, True):
        resolve.ask("fault", kind="die", after=calls)
        attempt(desk, again)
        resolve.kill()
        resolve.start()
        resolve.click(desk.script)
        run(send(desk.bridge(), "a2" if again else "a1", ("a1", "a2")))
        as_wanted(resolve.markers(), "a2" if again else "a1")
    run(undo(desk.bridge()))
    assert resolve.markers() == MINE == resolve.saved_markers()


@pytest.mark.parametrize("calls", AT_CALLS)
def test_the_script_is_killed(desk: Desk, calls: int) -> None:
    """Resolve goes on without it; the user clicks again."""
    resolve = desk.open("free-21.1", film())
    resolve.ask("fault", kind="end script", after=calls)
    killed_in(desk, resolve, 1.0)
    resolve.click(desk.script)
    run(send(desk.bridge()))
    as_wanted(resolve.markers())
    run(undo(desk.bridge()))
    assert resolve.markers() == MINE


def killed_in(desk: Desk, resolve: SimulatedResolve, seconds: float) -> None:
    """Starts a daemon's work in a process of its own and kills it after `seconds`."""
    command = [sys.executable, "-m", "tests.resolve.sender", str(desk.mailbox), str(resolve.prefs), "send"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as sender:
        assert sender.stdout is not None and sender.stdout.readline() == "begun\n"
        time.sleep(seconds)
        sender.kill()


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.3])
def test_the_daemon_is_killed(desk: Desk, seconds: float) -> None:
    """Its last request may still lie in the mailbox, and may still be carried out."""
    resolve = desk.open("free-21.1", film())
    killed_in(desk, resolve, seconds)
    run(send(desk.bridge()))
    as_wanted(resolve.markers())
    run(undo(desk.bridge()))
    assert resolve.markers() == MINE


def test_twice_is_once(desk: Desk) -> None:
    resolve = desk.open("free-20", film())
    run(send(desk.bridge()))
    once = resolve.markers()
    run(send(desk.bridge()))
    assert resolve.markers() == once
    as_wanted(once)
