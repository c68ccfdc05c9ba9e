"""From what happens in the footage to a marker on the frame that shows it, in each edition, checked frame by frame.

The truth is the other way round than the code: for every timeline frame, which frame of the media it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.markers import HostMarker
from cuemark.core.timeline import TimelineDescription
from cuemark.hosts.timeline_map import place
from cuemark.markers.build import MarkedSegment
from tests.hosts.example import MEDIA
from tests.resolve.conftest import FLAVOURS, Desk, run
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)
EVENTS = [(96, 191), (191, 430), (700, 1010)]
"""What happens in the footage, in frames of the media."""
FRAMES = 1100


@dataclass(frozen=True)
class Case:
    """A timeline and the one media that its items use."""

    rate: Fraction
    media_rate: Fraction
    items: tuple[Item, ...]
    start_tc: str = "01:00:00:00"


CASES = {
    "trimmed on both sides": Case(Fraction(25), Fraction(25), (Item("a", 10, 300, first=150),)),
    "used three times": Case(
        Fraction(24), Fraction(24), (Item("a", 0, 500), Item("b", 500, 200, first=650), Item("c", 900, 1100))
    ),
    "23.976 in 29.97 drop-frame": Case(NTSC, FILM, (Item("a", 100, 1200, first=60),), "01:00:00;00"),
    "50 in 25": Case(Fraction(25), Fraction(50), (Item("a", 7, 500, first=33),)),
    "200 %": Case(Fraction(25), Fraction(25), (Item("a", 3, 400, first=50, speed=2),)),
    "40 % of another rate": Case(NTSC, Fraction(25), (Item("a", 3, 900, first=90, speed=Fraction(2, 5)),)),
    "reversed": Case(Fraction(25), Fraction(25), (Item("a", 3, 600, first=799, reversed=True),)),
    "reversed, 50 in 25": Case(Fraction(25), Fraction(50), (Item("a", 3, 500, first=1099, reversed=True),)),
}


def shown(item: Item, case: Case, frame: int) -> Fraction:
    """The media position in the middle of a timeline frame."""
    step = Fraction(item.speed) * case.media_rate / case.rate
    ahead = (frame - item.start + Fraction(1, 2)) * step
    return item.first + 1 - ahead if item.reversed else item.first + ahead


def shows(item: Item, case: Case, frame: int, event: tuple[int, int]) -> bool:
    """Whether a timeline frame shows more of an event than of what is around it; the earlier one wins a tie."""
    begin, end = event
    if item.reversed:
        return begin <= shown(item, case, frame) < end
    return begin < shown(item, case, frame) <= end


def true_markers(case: Case) -> set[tuple[str, int, int]]:
    """Event, first frame and number of frames that show it, in every item; slivers are not marked."""
    found = set()
    for item in case.items:
        for number, event in enumerate(EVENTS):
            frames = [f for f in range(item.start, item.start + item.duration) if shows(item, case, f, event)]
            if len(frames) >= case.rate / 4:
                found.add((f"m{number}", frames[0], len(frames)))
    return found


def placed(description: TimelineDescription, case: Case, path: Path) -> list[HostMarker]:
    """The markers that the code under test wants for the events."""
    rate = case.media_rate
    media = replace(MEDIA, path=path, rate=rate, duration=FRAMES / rate, frame_count=FRAMES)
    segments = [MarkedSegment(f"m{n}", "moment", begin / rate, end / rate) for n, (begin, end) in enumerate(EVENTS)]
    placement = place(description.clips, description.rate, media, segments)
    assert not placement.left_out
    return [
        HostMarker(use.frame, use.duration, "Sky", use.segment.segment_id, "", f"cuemark:a:{number}")
        for number, use in enumerate(placement.placed)
    ]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_markers_lie_where_it_happens(desk: Desk, tmp_path: Path, flavour: str) -> None:
    path = tmp_path / "footage.mov"
    path.touch()
    timelines = []
    for name, case in CASES.items():
        items = [replace(item, media=Media(path, case.media_rate, FRAMES, "10:00:00:00")) for item in case.items]
        timelines.append(TimelineWorld(name, case.rate, [items], case.start_tc))
    resolve = desk.open(flavour, world(*timelines))

    async def work() -> None:
        bridge = desk.bridge()
        for name, case in CASES.items():
            timeline = await bridge.describe(name)
            wanted = placed(timeline.description, case, path)
            assert len((await bridge.add(timeline, wanted)).done) == len(wanted)

    run(work())
    for name, case in CASES.items():
        found = {(held["name"], frame, held["duration"]) for frame, held in resolve.markers(name).items()}
        assert found and found == true_markers(case), name
