"""The whole way with nothing made up but Resolve: install, click, `cuemark resolve analyze` on sample-world footage.

The truth is found the other way round than the code does: for every frame of the timeline, what it shows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core import settings as configuration
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from tests.resolve.conftest import FLAVOURS
from tests.resolve.simulated.client import PREFS, SimulatedResolve
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="a home as on Linux")]

NTSC, FILM, FIFTY, PAL = Fraction(30000, 1001), Fraction(24000, 1001), Fraction(50), Fraction(25)
MINE = {7: marker("mine"), 120: marker("wichtig ✂", duration=4, note="ü")}
FADE_S = Fraction(2, 5)
"""Where one scene fades into the next, a moment's border may be seen anywhere in the fade."""


@dataclass(frozen=True)
class Shown:
    """One timeline, the rate of its one file, and the true events of that file in its frames."""

    timeline: TimelineWorld
    media_rate: Fraction
    events: tuple[tuple[Fraction, Fraction], ...]


def rendered(
    path: Path, seed: int, rate: Fraction, seconds: float
) -> tuple[Media, tuple[tuple[Fraction, Fraction], ...]]:
    """A sample video whose frames are shown at `rate`, and its events in frames."""
    from cuemark.lab.sample.script import write_script
    from cuemark.lab.sample.video import render

    script = write_script("cuts", "demo", seed, seconds=seconds, events=5)
    events = tuple((event.start * script.rate, event.end * script.rate) for event in script.events)
    render(replace(script, rate=rate), path)
    return Media(path, rate, script.frames, "10:00:00:00"), events


def timelines(folder: Path) -> list[Shown]:
    """Trimmed, repeated, 200 % and reversed: 23.976 on 29.97 drop-frame, 50 on 25."""
    film, film_events = rendered(folder / "A001 ä.mp4", 11, FILM, 30)
    sport, sport_events = rendered(folder / "A002.mp4", 12, FIFTY, 50)
    last = film.frames - 1
    on_film = [
        Item("trimmed", 100, 700, film, first=60),
        Item("200 %", 800, 500, film, first=40, speed=2),
        Item("again", 1300, 400, film, first=420),
        Item("reversed", 1700, 900, film, first=last, reversed=True),
    ]
    on_sport = [
        Item("trimmed", 33, 500, sport, first=101),
        Item("reversed", 533, 300, sport, first=sport.frames - 1, reversed=True),
        Item("200 %", 833, 200, sport, first=200, speed=2),
    ]
    return [
        Shown(TimelineWorld("film", NTSC, [on_film], "01:00:00;00", dict(MINE)), FILM, film_events),
        Shown(TimelineWorld("sport", PAL, [on_sport[:1], on_sport[1:]], markers=dict(MINE)), FIFTY, sport_events),
    ]


def shown_by(shown: Shown, events: list[tuple[Fraction, Fraction]]) -> set[tuple[int, int, int]]:
    """Number of the event, first frame and number of frames that show it, through every item."""
    found = set()
    rate = shown.timeline.rate
    for item in (item for track in shown.timeline.tracks for item in track):
        step = Fraction(item.speed) * shown.media_rate / rate
        for number, (begin, end) in enumerate(events):
            frames = []
            for frame in range(item.start, item.start + item.duration):
                ahead = (frame - item.start + Fraction(1, 2)) * step
                at = item.first + 1 - ahead if item.reversed else item.first + ahead
                if (begin <= at < end) if item.reversed else (begin < at <= end):
                    frames.append(frame)
            whole = (end - begin) / step
            if frames and (len(frames) >= rate / 4 or 2 * len(frames) >= whole):
                found.add((number, frames[0], len(frames)))
    return found


class Home:
    """A user's home with `cuemark` commands in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def cuemark(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "cuemark.cli.main", *arguments, "--json"]
        ran = subprocess.run(command, capture_output=True, timeout=600, check=False)
        assert ran.returncode == 0, (arguments, ran.stdout.decode(), ran.stderr.decode())
        return json.loads(ran.stdout)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("Jörg")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield Home(folder)
    stop_daemon(configuration.load())


def test_install_click_analyze_in_every_edition(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = timelines(tmp_path)
    home.cuemark("resolve", "install")
    script = next(home.folder.rglob("Utility/Cuemark.lua"))
    offsets: list[int] = []
    for number, flavour in enumerate(FLAVOURS):
        prefs = home.folder / PREFS
        opened = world(*(each.timeline for each in shown))
        resolve = SimulatedResolve(tmp_path / f"resolve-{number}", flavour, opened, prefs).start()
        try:
            resolve.click(script)
            for each in shown:
                offsets += check(home, resolve, each)
            assert not resolve.state()["errors"]
        finally:
            resolve.kill()
    with capsys.disabled():
        near = sum(offset <= 2 for offset in offsets)
        print(f"\n{near} of {len(offsets)} borders within 2 frames of the truth, the farthest {max(offsets)} frames")


def test_find_indexes_searches_and_marks_real_footage(home: Home, tmp_path: Path) -> None:
    """`cuemark resolve find` with the real library, models and search: what is on the timeline is found where it is."""
    from cuemark.lab.sample.script import write_script

    media, events = rendered(tmp_path / "A001.mp4", 11, PAL, 30)
    script = write_script("cuts", "demo", 11, seconds=30, events=5)
    items = [Item("all", 0, media.frames, media), Item("again", media.frames, media.frames, media)]
    opened = world(TimelineWorld("Edit", PAL, [items], markers=dict(MINE)))
    home.cuemark("resolve", "install")
    resolve = SimulatedResolve(tmp_path / "resolve", "free-21.1", opened, home.folder / PREFS).start()
    try:
        resolve.click(next(home.folder.rglob("Utility/Cuemark.lua")))
        firsts = 0
        for event, (start, end) in zip(script.events, events, strict=True):
            told = home.cuemark("resolve", "find", event.captions[0], "--seen", "--index", "--mark", "--top", "4")
            assert told["not_indexed"] == [] and told["media"] == 1
            best, second = told["finds"][:2]
            assert second["frame"] - best["frame"] == media.frames, "what is used twice is found twice"
            both = min(end, best["frame"] + best["duration"]) - max(start, best["frame"])
            firsts += both / (max(end, best["frame"] + best["duration"]) - min(start, best["frame"])) >= 0.5
            marks = {
                frame for frame, held in resolve.markers().items() if held["customData"].startswith("cuemark:find:")
            }
            assert marks == {each["marker"] for each in told["finds"]} - {None}
        assert firsts >= len(events) - 1, "of the events of the footage, nearly all come first"
        assert home.cuemark("resolve", "find", "--clear")["left"] == len(MINE) and resolve.markers() == MINE
        assert not resolve.state()["errors"]
    finally:
        resolve.kill()


def check(home: Home, resolve: SimulatedResolve, shown: Shown) -> list[int]:
    """One timeline of one edition: from the command to the frames, again, and back; how many frames borders are off."""
    name = shown.timeline.name
    rate = shown.media_rate
    options = ("--sample-fps", f"{rate.numerator}/{rate.denominator}", "--preset", "fast", "--no-chapter-markers")
    told = home.cuemark("resolve", "analyze", "--timeline", name, *options)
    held = resolve.markers(name)
    assert told["left_out"] == [] and len(told["files"]) == 1
    with CuemarkClient.connect(start=False) as client:
        analysis = client.get_analysis(told["markers"][0]["analysis"])
        assert len(client.list_analyses()) <= 2
    # Frame by frame what the analysis says, through every clip.
    ids = [moment.id for moment in analysis.moments]
    found = [(moment.start * rate, moment.end * rate) for moment in analysis.moments]
    ours = {f: h for f, h in held.items() if h["customData"]}
    placed = {(ids.index(h["customData"].split(":")[2]), f, h["duration"]) for f, h in ours.items()}
    assert placed == shown_by(shown, found), (name, resolve.flavour)
    assert {f: h for f, h in held.items() if not h["customData"]} == MINE
    # And what truly happens in the footage.
    truth = shown_by(shown, list(shown.events))
    offsets = [
        offset
        for (_, frame, count), (_, f, n) in zip(_in_order(truth), _in_order(placed), strict=True)
        for offset in (abs(f - frame), abs(f + n - frame - count))
    ]
    assert max(offsets) <= FADE_S * shown.timeline.rate
    again = home.cuemark("resolve", "analyze", "--timeline", name, *options)
    assert resolve.markers(name) == held and again["added"] == again["changed"] == again["removed"] == 0
    assert home.cuemark("resolve", "undo", "--timeline", name)["left"] == len(MINE)
    assert resolve.markers(name) == MINE
    return offsets


def _in_order(uses: set[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return sorted(uses, key=lambda use: use[1])
