"""What Resolve tells of a timeline, its traps undone: rates, drop-frame, source frames, speed, what has no file."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.media import NOMINAL_RATE, MediaInfo
from cuemark.core.timebase import LEGAL_RATES, allows_drop_frame, frames_of
from cuemark.core.timeline import FrameSpan, TimelineClip, TimelineDescription
from cuemark.hosts.resolve.source_range import frame_number
from cuemark.hosts.resolve.timeline import timeline_of
from cuemark.hosts.timeline_map import place
from cuemark.markers.build import MarkedSegment
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
    """The end is exclusive at one rate and inclusive at two; 21.1 tells the speed, before it follows from the range."""
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
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_reversed_clip_told_as_an_edl_has_it(desk: Desk, clip: Path, media_rate: Fraction, flavour: str) -> None:
    """It plays down from frame 599, and its range is told as that of a forward clip, turned round."""
    played = int(100 * media_rate / 25)
    item = Item("a", 0, 100, Media(clip, media_rate, 9000), first=599, reversed=True)
    found = one(desk, Fraction(25), item, flavour)
    assert (found.source_start, found.source_end, found.speed) == (600 - played, 600, Fraction(-1))


@pytest.mark.parametrize(("first", "frames"), [(99, 9000), (599, 600)])
def test_a_reversed_clip_told_by_its_first_frame_shows_it_at_the_files_ends(
    desk: Desk, clip: Path, first: int, frames: int
) -> None:
    """An item that plays to the file's first frame, or from its last, tells how all of them are told."""
    media, mirrored = Media(clip, Fraction(25), frames), {"mirrored": True}
    at_end = Item("a", 0, 100, media, first=first, reversed=True, extra=mirrored)
    other = Item("b", 100, 100, media, first=399, reversed=True, extra=mirrored)
    told = described(desk, TimelineWorld("Cut", Fraction(25), [[other, at_end]])).clips
    assert [(c.source_start, c.source_end) for c in told] == [(300, 400), (first - 99, first + 1)]


def test_a_reversed_clip_from_the_files_last_frame_as_an_edl_has_it(desk: Desk, clip: Path) -> None:
    media = Media(clip, Fraction(25), 600)
    items = [Item("a", 0, 100, media, first=599, reversed=True), Item("b", 100, 50, media, first=598, reversed=True)]
    told = described(desk, TimelineWorld("Cut", Fraction(25), [items])).clips
    assert [(c.source_start, c.source_end) for c in told] == [(500, 600), (549, 599)]


def test_an_imported_timeline_does_not_tell(desk: Desk, clip: Path) -> None:
    """0 and 0 is not "plays nothing", and not "no retime"."""
    found = one(
        desk, Fraction(25), Item("a", 0, 100, Media(clip, Fraction(25), 500), first=7, extra={"imported": True})
    )
    assert (found.source_start, found.source_end, found.speed) == (None, None, None)


def test_a_speed_ramp_is_named(desk: Desk, clip: Path) -> None:
    """100 frames at 100 %, then at 400 %; the clip begins at 50, in the slow part, and shows 250 frames in 100."""
    ramp = {"ramp_span": 250, "ramp_offset": 50}
    item = Item("a", 0, 100, Media(clip, Fraction(25), 900), first=50, extra=ramp)
    found = one(desk, Fraction(25), item, "free-20")
    assert found.problem == "speed ramp" and "cut it where the speed changes" in found.obstacle


@pytest.mark.parametrize("media_rate", [Fraction(25), Fraction(50)])
@pytest.mark.parametrize("speed", [50, 400])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_ramp_of_100_percent_on_average_is_seen_where_the_speed_is_told(
    desk: Desk, clip: Path, media_rate: Fraction, speed: int, flavour: str
) -> None:
    """Half of it slower, half faster: range and offset look like no retime at all, on any rate, and before 21.1 nothing
    else is told."""
    ramp = {"ramp_span": int(100 * media_rate / 25), "ramp_offset": 50, "ramp_speed": speed}
    item = Item("a", 0, 100, Media(clip, media_rate, 900), first=50, extra=ramp)
    found = one(desk, Fraction(25), item, flavour)
    assert found.problem == ("speed ramp" if "21.1" in flavour else "") and found.speed == 1


@pytest.mark.parametrize("speed", [Fraction(1, 3), Fraction(137, 100), Fraction(2)])
def test_the_speed_is_what_21_1_tells(desk: Desk, clip: Path, speed: Fraction) -> None:
    """Told as a rounded percentage, of seven frames from which nobody could infer it."""
    found = one(desk, Fraction(24), Item("a", 0, 7, Media(clip, NTSC, 900), first=50, speed=speed))
    assert found.speed == speed and not found.problem and not found.speed_assumed


@pytest.mark.parametrize(("told", "speed"), [(0, 1), (1.0, 1), (100, 1), (0.0, 1)])
def test_a_told_speed_that_says_nothing_is_not_believed(desk: Desk, clip: Path, told: float, speed: int) -> None:
    """What 21.1 tells was not measured: a ratio is taken for one, and 0 of an item that plays is no still frame."""
    found = one(desk, Fraction(25), Item("a", 0, 100, Media(clip, NTSC, 900), first=50, extra={"ramp_speed": told}))
    assert (found.problem, found.speed == speed) == ("", True)


def test_a_still_frame_of_footage_is_named(desk: Desk, clip: Path) -> None:
    frozen = Item("a", 0, 100, Media(clip, Fraction(25), 900), first=50, extra={"ramp_span": 1, "ramp_speed": 0})
    found = one(desk, Fraction(25), frozen)
    assert found.problem == "freeze frame" and "nothing to find" in found.obstacle


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(1, 2), Fraction(3)])
def test_a_retimed_subclip_is_no_ramp(desk: Desk, clip: Path, flavour: str, speed: Fraction) -> None:
    """Its left offset counts from the subclip, its source frames from the file."""
    part = Media(clip, Fraction(25), 2000, "10:00:00:00", start=4000)
    found = one(desk, Fraction(25), Item("a", 0, 100, part, first=4200, speed=speed), flavour)
    assert (found.problem, found.speed) == ("", speed)
    assert (found.source_start, found.source_end) == (4200, 4200 + int(100 * speed))


def test_a_ramp_in_a_subclip_is_still_one(desk: Desk, clip: Path) -> None:
    ramp = {"ramp_span": 250, "ramp_offset": 50}
    part = Media(clip, Fraction(25), 900, start=4000)
    found = one(desk, Fraction(25), Item("a", 0, 100, part, first=4050, extra=ramp), "free-20")
    assert found.problem == "speed ramp"


@pytest.mark.parametrize("flavour", ["free-21.1", "free-20"])
def test_a_speed_that_nothing_confirms_is_taken_and_said(desk: Desk, clip: Path, flavour: str) -> None:
    """Another rate, or backwards: the offset says nothing there."""
    other, same = Media(clip, Fraction(50), 9000), Media(clip, Fraction(25), 9000)
    items = [
        Item("slow", 0, 100, other, first=60, speed=Fraction(1, 2)),
        Item("back", 100, 100, same, first=999, speed=2, reversed=True),
        Item("usual", 200, 100, other, first=60),
        Item("fast", 300, 100, same, first=60, speed=2),
    ]
    told = described(desk, TimelineWorld("Cut", Fraction(25), [items]), flavour).clips
    assert [c.item for c in told if c.speed_assumed] == ([] if flavour == "free-21.1" else ["slow", "back"])


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


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_disabled_tracks_and_audio(desk: Desk, clip: Path, flavour: str) -> None:
    """A track nobody sees is named; what lies on tracks of sound is no clip, and does not shift the others."""
    media, sound = Media(clip, Fraction(25), 500), Media(clip, Fraction(25), 500, kind="Audio")
    timeline = TimelineWorld(
        "Cut", Fraction(25), [[Item("a", 0, 100, media)], [Item("b", 0, 50, media)], [Item("c", 50, 50, media)]],
        audio=[[Item("a", 0, 100, sound)], [Item("music", 0, 300, sound)]],
        track_names=["", "B-roll ✂", "Titles"], disabled_tracks=[2],
    )  # fmt: skip
    told = described(desk, timeline, flavour)
    assert [(c.item, c.track, c.track_name, c.problem) for c in told.clips] == [
        ("a", 1, "Video 1", ""), ("b", 2, "B-roll ✂", "disabled track"), ("c", 3, "Titles", ""),
    ]  # fmt: skip
    assert 'V2 "B-roll ✂" is disabled' in told.clips[1].obstacle


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_recording_of_sound_alone_is_a_clip(desk: Desk, clip: Path, flavour: str) -> None:
    """What lies on an audio track beside its picture is none; a recording is, at the timeline's rate."""
    take = clip.with_name("Take 3.WAV")
    shutil.copy(clip, take)
    sound, beside = Media(take, Fraction(25), 500, kind="Audio"), Media(clip, Fraction(25), 500)
    timeline = TimelineWorld(
        "Cut", Fraction(25), [[Item("a", 0, 100, beside)]],
        audio=[[Item("a", 0, 100, beside)], [Item("t", 50, 100, sound, first=25)]],
    )  # fmt: skip
    told = described(desk, timeline, flavour)
    assert [(each.item, each.track, each.track_shown, each.problem) for each in told.clips] == [
        ("a", 1, "V1", ""), ("t", -2, "A2", ""),
    ]  # fmt: skip
    take_clip = told.clips[1]
    assert (take_clip.source_start, take_clip.source_end) == (25, 125) and take_clip.speed == 1
    info = MediaInfo(
        path=take, fingerprint="f" * 32, size=1, container="wav", codec="pcm_s16le", stream_index=0, width=0, height=0,
        rotation=0, pixel_aspect=Fraction(1), rate=NOMINAL_RATE, variable_rate=False, duration=Fraction(20),
        frame_count=None, start_time=Fraction(0), start_timecode=None, has_picture=False,
    )  # fmt: skip
    segment = MarkedSegment("m1", "moment", Fraction(2), Fraction(3), "a word")
    (placed,) = place(told.clips, told.rate, info, [segment]).placed
    assert (placed.frame, placed.duration) == (75, 25), "2 s of the file: 25 frames behind the first that is used"


@pytest.mark.parametrize("kind", ["Still", "Standbild", "静止画"])
def test_stills_are_named_in_any_language(desk: Desk, tmp_path: Path, kind: str) -> None:
    """By the type where it is known, else by the file's name, or because it has one frame."""
    names = ["logo.PNG", "scan.jp2", "matte.psb"]
    for name in names:
        (tmp_path / name).touch()
    items = [Item(name, n * 50, 50, Media(tmp_path / name, Fraction(25), 1, kind=kind)) for n, name in enumerate(names)]
    told = described(desk, TimelineWorld("Cut", Fraction(25), [items])).clips
    assert [c.problem for c in told] == ["still image"] * 3


def test_an_image_sequence_is_not_offline_when_it_is_there(desk: Desk, tmp_path: Path) -> None:
    """Resolve calls all its files by one name, which no file has."""
    for number in (86400, 86424):
        (tmp_path / f"shot v2.{number:07}.exr").touch()
    there = Media(tmp_path / "shot v2.[0086400-0086424].exr", Fraction(24), 25, kind="Bildsequenz")
    gone = Media(tmp_path / "other.[0001-0100].dpx", Fraction(24), 100, kind="Bildsequenz")
    brackets = tmp_path / "take [1-2].mov"
    brackets.touch()
    items = [Item("shot", 0, 20, there), Item("other", 20, 20, gone), Item("take", 40, 20, Media(brackets, NTSC, 900))]
    told = described(desk, TimelineWorld("Cut", Fraction(24), [items])).clips
    assert [c.problem for c in told] == ["image sequence", "offline", ""]
    assert "[0001-0100].dpx" in told[1].obstacle and "make one of it" in told[0].obstacle


@pytest.mark.parametrize(
    ("set_to", "span"),
    [
        ({"in": 100, "out": 299}, (100, 300)),
        ({"in": 100}, (100, 500)),
        ({"out": 299}, (0, 300)),
        ({"in": 90100, "out": 90299}, (100, 300)),  # a build that tells absolute frames
        ({"in": 0, "out": 499}, (0, 500)),
        ({"in": 450, "out": 900}, (450, 500)),  # the timeline was cut off since
        (None, None),
    ],
)
@pytest.mark.parametrize("flavour", ["free-21.1", "studio-21.1"])
def test_in_and_out_points(
    desk: Desk, set_to: dict[str, int] | None, span: tuple[int, int] | None, flavour: str
) -> None:
    timeline = TimelineWorld("Cut", Fraction(25), [[Item("t", 0, 500)]], extra={"in_out": set_to})
    resolve = desk.open(flavour, world(timeline))
    bridges = [desk.bridge(), *([desk.studio(resolve)] if flavour == "studio-21.1" else [])]
    for bridge in bridges:
        told = run(bridge.describe())
        assert told.description.in_out == (FrameSpan(*span) if span else None) and told.tells_in_out


def test_in_and_out_points_of_a_version_that_does_not_tell(desk: Desk) -> None:
    resolve = desk.open("studio-18", world(TimelineWorld("Cut", Fraction(25), [[Item("t", 0, 500)]])))
    for bridge in (desk.bridge(), desk.studio(resolve)):
        told = run(bridge.describe())
        assert told.description.in_out is None and not told.tells_in_out


def test_both_transports_tell_the_same(desk: Desk, clip: Path) -> None:
    """Tracks, subclips, speeds, in and out, whatever the language of the types."""
    part = Media(clip, NTSC, 2000, "10:00:00;00", kind="Vidéo + Audio", start=4000)
    items = [
        Item("a", 0, 100, part, first=4200, speed=Fraction(1, 2)),
        Item("b", 100, 100, part, first=4900, reversed=True),
        Item("c", 200, 50, part, first=4900, extra={"disabled": True}),
        Item("Title", 250, 50),
    ]
    timeline = TimelineWorld(
        "Cut", NTSC, [items, [Item("d", 10, 20, part, first=4000)]], "01:00:00;00", extra={"in_out": {"in": 5}},
        audio=[[Item("a", 0, 100, part)]], track_names=["", "Été"], disabled_tracks=[2],
    )  # fmt: skip
    resolve = desk.open("studio-21.1", world(timeline))
    by_script, by_python = run(desk.bridge().describe()), run(desk.studio(resolve).describe())
    assert replace(by_script.description, script_version="") == by_python.description
    assert (by_script.tells_in_out, by_script.selected) == (by_python.tells_in_out, by_python.selected)
    assert len(by_script.description.clips) == 5


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
