"""The script with the markers inside, for people without the daemon's loop: one click, in every edition."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.markers import HostMarker
from cuemark.hosts.resolve.scripts import marks_script
from tests.resolve.conftest import FLAVOURS, Desk, wait_until
from tests.resolve.simulated.client import SimulatedResolve
from tests.resolve.simulated.worlds import Item, TimelineWorld, marker, world

NTSC = Fraction(30000, 1001)
TEXT = 'Zoë "x"\\ ]] 🎬\nos.exit()'
MINE = {100: marker("mine", note=TEXT), 101: marker("mine, too"), 599: marker("last", data="cuemark:other:m1")}


def marks(frames: list[int]) -> list[HostMarker]:
    return [HostMarker(frame, 1, "Sky", TEXT, TEXT, f"cuemark:a1:m{number}") for number, frame in enumerate(frames)]


def opened(desk: Desk, flavour: str, rate: Fraction = NTSC) -> SimulatedResolve:
    timeline = TimelineWorld("Cut", rate, [[Item("title", 0, 600)]], markers=dict(MINE))
    return desk.open(flavour, world(timeline), click=False)


def click(resolve: SimulatedResolve, folder: Path, script: bytes) -> None:
    path = folder / "marks.lua"
    path.write_bytes(script)
    resolve.click(path)
    wait_until(lambda: resolve.state()["running"] == 0)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_one_click_marks_another_script_takes_off(desk: Desk, tmp_path: Path, flavour: str) -> None:
    """The user's stay; ours move to a free frame beside theirs; outside of the timeline there is none."""
    resolve = opened(desk, flavour)
    script = marks_script(marks([0, 100, 300, 599, 600, 108000]), NTSC, "a1")
    click(resolve, tmp_path, script)
    found = {frame: mark for frame, mark in resolve.markers().items() if frame not in MINE}
    assert {frame: mark["customData"][-2:] for frame, mark in found.items()} == {
        0: "m0",
        99: "m1",
        300: "m2",
        598: "m3",
    }
    assert all(mark["note"] == TEXT and mark["name"] == TEXT for mark in found.values())
    resolve.mark(300, {**found[300], "name": "renamed"})
    before = resolve.markers()
    click(resolve, tmp_path, script)
    assert resolve.markers() == before
    click(resolve, tmp_path, marks_script([], NTSC, "a1", remove=True))
    assert resolve.markers() == MINE


def test_a_marker_that_moves_still_ends_on_the_timeline(desk: Desk, tmp_path: Path) -> None:
    resolve = opened(desk, "free-21.1")
    resolve.mark(99, marker("mine"))
    click(resolve, tmp_path, marks_script([HostMarker(100, 500, "Sky", "long", "", "cuemark:a1:m0")], NTSC, "a1"))
    assert resolve.markers()[102]["duration"] == 498


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("rate", [Fraction(30), Fraction(25), Fraction(60000, 1001)])
def test_another_rate_gets_nothing(desk: Desk, tmp_path: Path, flavour: str, rate: Fraction) -> None:
    resolve = opened(desk, flavour, rate)
    click(resolve, tmp_path, marks_script(marks([0, 50]), NTSC, "a1"))
    assert resolve.markers() == MINE


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(24), Fraction(50), Fraction(120000, 1001)])
def test_every_rate_is_recognised(desk: Desk, tmp_path: Path, rate: Fraction) -> None:
    resolve = opened(desk, "studio-18", rate)
    click(resolve, tmp_path, marks_script(marks([0]), rate, "a1"))
    assert 0 in resolve.markers()


def test_no_timeline(desk: Desk, tmp_path: Path) -> None:
    resolve = opened(desk, "free-20")
    resolve.ask("set", current=0)
    click(resolve, tmp_path, marks_script(marks([0]), NTSC, "a1"))
    assert not resolve.state()["errors"]
