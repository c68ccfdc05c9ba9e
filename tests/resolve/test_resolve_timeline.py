"""What Resolve tells of a timeline, its traps undone: rates, drop-frame, source frames, speed, what has no file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.timebase import LEGAL_RATES, allows_drop_frame, frames_of
from cuemark.core.timeline import TimelineClip, TimelineDescription
from cuemark.hosts.resolve.timeline import frame_number, timeline_of
from tests.resolve.conftest import FLAVOURS, Desk, refused, run
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A file that is there."""
    path = tmp_path / "clip.mov"
    path.touch()
    return path


def described(desk: Desk, timeline: TimelineWorld, flavour: str = "free-21.1") -> TimelineDescription:
    desk.open(flavour, world(timeline))
    return run(desk.bridge().describe()).description


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_legal_rate_in_every_edition(desk: Desk, flavour: str) -> None:
    """As a number, as text, and cut off to "29.0"; with drop-frame where the rate has it, and never without a word."""
    starts = [(rate, start) for rate in LEGAL_RATES for start in ("01:00:00:00", "01:00:00;00")]
    cuts = [(rate, start) for rate, start in starts if start[8] == ":" or allows_drop_frame(rate)]
    track = [Item("title", 0, 100)]
    timelines = [TimelineWorld(f"cut {n}", rate, [track], start) for n, (rate, start) in enumerate(cuts)]
    desk.open(flavour, world(*timelines))

    async def work() -> list[TimelineDescription]:
        bridge = desk.bridge()
        return [(await bridge.describe(timeline.name)).description for timeline in timelines]

    for told, (rate, start) in zip(run(work()), cuts, strict=True):
        assert (told.rate, told.drop_frame) == (rate, ";" in start)
        assert (told.start_timecode, told.start_frame) == (start, frames_of(start, rate))
        assert told.duration == 100


def test_the_playhead_is_counted_from_the_start(desk: Desk) -> None:
    timeline = TimelineWorld("Cut", NTSC, [[Item("t", 0, 9000)]], "00:59:58;00", extra={"playhead": 1800})
    assert described(desk, timeline).playhead == 1800


@pytest.mark.parametrize("told", [float("nan"), float("inf"), True, None, "12"])
def test_what_is_no_frame_number_is_none(told: object) -> None:
    """Python's JSON lets NaN and infinity through, which Studio's API may tell."""
    assert frame_number(told) is None


def test_the_playhead_at_a_rate_of_three_digits(desk: Desk) -> None:
    timeline = TimelineWorld("Cut", Fraction(120), [[Item("t", 0, 9000)]], extra={"playhead": 230})
    assert described(desk, timeline).playhead == 230


def one(desk: Desk, rate: Fraction, item: Item, flavour: str = "free-21.1") -> TimelineClip:
    (found,) = described(desk, TimelineWorld("Cut", rate, [[item]]), flavour).clips
    return found


SPEEDS = [
    (Fraction(25), Fraction(25), Fraction(1), 100, 100),
    (Fraction(25), Fraction(50), Fraction(1), 100, 200),
    (NTSC, FILM, Fraction(1), 101, 81),
    (Fraction(25), Fraction(25), Fraction(2), 100, 200),
    (Fraction(24), Fraction(24), Fraction(1, 3), 100, 33),
    (Fraction(25), Fraction(50), Fraction(5, 2), 100, 500),
    (NTSC, NTSC, Fraction(137, 100), 400, 548),
]
"""Rate of the timeline and of the media, speed, frames on the timeline, frames of media used."""


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_source_frames_and_speed(desk: Desk, clip: Path, flavour: str) -> None:
    """The end is exclusive at one rate and inclusive at two, and no edition tells the speed."""
    timelines = []
    for number, (rate, media_rate, speed, duration, _) in enumerate(SPEEDS):
        media = Media(clip, media_rate, 9000, "10:00:00:00")
        timelines.append(TimelineWorld(str(number), rate, [[Item("a", 40, duration, media, first=600, speed=speed)]]))
    desk.open(flavour, world(*timelines))

    async def work() -> list[TimelineClip]:
        bridge = desk.bridge()
        return [(await bridge.describe(timeline.name)).description.clips[0] for timeline in timelines]

    for found, (rate, media_rate, speed, duration, span) in zip(run(work()), SPEEDS, strict=True):
        assert (found.start, found.duration, found.clip_rate) == (40, duration, media_rate)
        assert (found.source_start, found.source_end) == (600, 600 + span)
        assert found.media_start_tc == "10:00:00:00" and not found.problem
        # A third has no short name: it is right to a media frame at the end of the clip.
        assert found.speed is not None and abs(found.speed - speed) * duration * media_rate / rate <= 1
        assert found.speed == speed or speed == Fraction(1, 3)


@pytest.mark.parametrize("media_rate", [Fraction(25), Fraction(50)])
def test_a_reversed_clip(desk: Desk, clip: Path, media_rate: Fraction) -> None:
    """It plays down from frame 599, and its range is told upwards."""
    played = int(100 * media_rate / 25)
    found = one(desk, Fraction(25), Item("a", 0, 100, Media(clip, media_rate, 9000), first=599, reversed=True))
    assert (found.source_start, found.source_end, found.speed) == (600 - played, 600, Fraction(-1))


def test_an_imported_timeline_does_not_tell(desk: Desk, clip: Path) -> None:
    """0 and 0 is not "plays nothing", and not "no retime"."""
    found = one(
        desk, Fraction(25), Item("a", 0, 100, Media(clip, Fraction(25), 500), first=7, extra={"imported": True})
    )
    assert (found.source_start, found.source_end, found.speed) == (None, None, None)


def test_a_speed_ramp_is_named(desk: Desk, clip: Path) -> None:
    """100 frames at 100 %, then at 400 %; the clip begins at 50, in the slow part, and shows 250 frames in 100."""
    ramp = {"ramp_span": 250, "ramp_offset": 50}
    found = one(desk, Fraction(25), Item("a", 0, 100, Media(clip, Fraction(25), 900), first=50, extra=ramp))
    assert found.problem == "speed ramp"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Compound", "compound clip"),
        ("Timeline", "nested timeline"),
        ("Multicam", "multicam clip"),
        ("Zusammengesetzt", "no file of its own"),
    ],
)
def test_items_without_a_file_are_named(desk: Desk, kind: str, reason: str) -> None:
    """Also where Resolve speaks another language: the missing file decides, not the word."""
    found = one(desk, Fraction(25), Item("a", 0, 100, Media("", Fraction(25), 500, kind=kind)))
    assert (found.path, found.problem) == (None, reason)


def test_titles_are_named_and_transitions_are_not_there(desk: Desk, clip: Path) -> None:
    media = Media(clip, Fraction(25), 500)
    dissolve = Item("Cross Dissolve", 90, 20, extra={"transition": True})
    disabled = Item("b", 100, 100, media, extra={"disabled": True})
    track = [Item("a", 0, 100, media), dissolve, disabled, Item("Title", 200, 50)]
    told = described(desk, TimelineWorld("Cut", Fraction(25), [track, [], [Item("c", 10, 20, media)]]))
    assert [(found.item, found.track, found.problem, found.enabled) for found in told.clips] == [
        ("a", 1, "", True),
        ("b", 1, "", False),
        ("Title", 1, "generator or title", True),
        ("c", 3, "", True),
    ]


def test_offline_media_is_named(desk: Desk, tmp_path: Path) -> None:
    found = one(desk, Fraction(25), Item("a", 0, 100, Media(tmp_path / "gone.mov", Fraction(25), 500)))
    assert found.problem == "offline" and found.path == tmp_path / "gone.mov"


@pytest.mark.parametrize("tracks", [[], [[]], [[], []]])
def test_an_empty_timeline(desk: Desk, tracks: list[list[Item]]) -> None:
    told = described(desk, TimelineWorld("Cut", Fraction(25), tracks))
    assert (told.duration, told.clips) == (0, ())


BARE: dict[str, Any] = {
    "project_id": "p", "timeline_id": "t", "items": [], "start_frame": 107892.0, "end_frame": 108000,
    "start_tc": "01:00:00;00", "settings": {"rate": "29.97", "drop_frame": "1"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "drop_frame"),
    [
        ({}, True),
        ({"settings": {"rate": 29.97, "drop_frame": 1}}, True),
        ({"settings": {"rate": "29"}}, True),
        ({"settings": {"rate": "29.97 DF", "drop_frame": "0"}}, True),  # the start frame bears the label out
        ({"settings": {"rate": "29.97", "drop_frame": "1"}, "start_tc": "01:00:00:00", "start_frame": 108000}, False),
        ({"settings": {"rate": "29.97", "drop_frame": "1"}, "start_tc": "00:00:00:00", "start_frame": 0}, True),
        ({"settings": {"rate": "29.97"}, "start_tc": None}, False),
        ({"settings": {}, "project_settings": {"rate": 29.97}}, True),
        ({"settings": {"rate": "25", "drop_frame": "1"}}, False),  # a rate that has no drop-frame
    ],
)
def test_drop_frame_where_the_sources_disagree(changed: dict[str, Any], drop_frame: bool) -> None:
    told = timeline_of({**BARE, **changed}).description
    assert told.drop_frame is drop_frame


@pytest.mark.parametrize("rate", [None, "", "0", "NTSC", 31, float("nan"), float("inf"), True])
def test_a_rate_that_no_timeline_has(rate: object) -> None:
    async def work() -> None:
        timeline_of({**BARE, "settings": {"rate": rate}})

    assert refused(work()).code == "resolve_timeline_rate"


def test_paths_that_are_no_utf8(tmp_path: Path) -> None:
    """Their bytes come through."""
    media = {"path": "/films/\udce9t\udce9.mov", "rate": 25.0, "kind": "Video"}
    item = {"track": 1, "index": 1, "name": "a", "start": 107892, "finish": 107992, "media": media}
    (found,) = timeline_of({**BARE, "items": [item]}, lambda path: True).description.clips
    assert bytes(found.path or Path()) == b"/films/\xe9t\xe9.mov"
    assert found.speed is None  # versions without the source frames
