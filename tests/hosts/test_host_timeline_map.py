"""Moments through the clips of a timeline: each lands on the frame that shows it, and never outside its clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.core.media import MediaInfo
from cuemark.core.timebase import LEGAL_RATES
from cuemark.core.timeline import LeftOut, TimelineClip, TimelineDescription
from cuemark.hosts.clip_time_map import ClipTimeMap, infer_speed
from cuemark.hosts.timeline_map import Placement, place
from cuemark.markers.build import MarkedSegment, PlacedSegment
from tests.hosts.example import CLIP, MEDIA, TIMELINE

Make = Callable[..., Any]

NTSC24, NTSC30 = Fraction(24000, 1001), Fraction(30000, 1001)


def span(start: Any, end: Any, name: str = "m1") -> MarkedSegment:
    return MarkedSegment(name, "moment", Fraction(start), Fraction(end), f"what {name} shows")


def frames(uses: tuple[PlacedSegment, ...]) -> list[tuple[str, int, int]]:
    return [(use.segment.segment_id, use.frame, use.duration) for use in uses]


def shown(clip: TimelineClip, rate: Fraction) -> list[int]:
    """An editor of its own: the media frame that each timeline frame of the clip shows."""
    assert clip.speed and clip.clip_rate and clip.source_start is not None and clip.source_end is not None
    step = abs(clip.speed) * clip.clip_rate / rate
    passed = [int(number * step) for number in range(clip.duration)]
    return [clip.source_end - 1 - n if clip.speed < 0 else clip.source_start + n for n in passed]


@st.composite
def uses(draw: st.DrawFn) -> tuple[TimelineClip, Fraction, MediaInfo]:
    """A clip as an editor would have it: a whole number of timeline frames, the media rounded to whole frames."""
    rate, clip_rate = draw(st.sampled_from(LEGAL_RATES)), draw(st.sampled_from(LEGAL_RATES))
    percent = draw(st.sampled_from([100, 200, 50, 25, 400, 33, 110, 99, 1000]) | st.integers(10, 900))
    speed = Fraction(draw(st.sampled_from([1, -1])) * percent, 100)
    duration = draw(st.integers(1, 400))
    source_start = draw(st.integers(0, 5000))
    length = max(1, int(duration * abs(speed) * clip_rate / rate + Fraction(1, 2)))
    clip = replace(
        CLIP, start=draw(st.integers(0, 10**6)), duration=duration, clip_rate=clip_rate,
        source_start=source_start, source_end=source_start + length, speed=speed,
    )  # fmt: skip
    count = source_start + length + draw(st.integers(0, 1000))
    media = replace(MEDIA, rate=clip_rate, frame_count=count, duration=count / clip_rate)
    return clip, rate, media


def placed_on(timeline: TimelineDescription, media: MediaInfo, segments: Any, paths: Any = ()) -> Placement:
    return place(timeline.clips, timeline.rate, media, segments, paths)


def timeline_of(clip: TimelineClip, rate: Fraction) -> TimelineDescription:
    return replace(TIMELINE, rate=rate, clips=(clip,), duration=clip.end)


@given(uses(), st.data())
def test_a_marker_is_never_outside_its_clip(use: tuple[TimelineClip, Fraction, MediaInfo], data: st.DataObject) -> None:
    clip, rate, media = use
    start = Fraction(data.draw(st.integers(-1000, int(media.duration * 1000))), 1000)
    wanted = span(start, start + Fraction(data.draw(st.integers(1, 50000)), 1000))
    for placed in placed_on(timeline_of(clip, rate), media, [wanted]).placed:
        assert clip.start <= placed.frame < placed.frame + placed.duration <= clip.end


@settings(max_examples=200)
@given(uses(), st.data())
def test_a_marker_lies_where_an_editor_shows_the_moment_first(
    use: tuple[TimelineClip, Fraction, MediaInfo], data: st.DataObject
) -> None:
    """Against an editor that only knows which media frame each timeline frame shows."""
    clip, rate, media = use
    assert clip.clip_rate and clip.speed
    first = data.draw(st.integers(0, (media.frame_count or 1) - 1))
    after = data.draw(st.integers(first + 1, media.frame_count or 1))
    placed = placed_on(timeline_of(clip, rate), media, [span(first / clip.clip_rate, after / clip.clip_rate)]).placed
    here = [clip.start + number for number, frame in enumerate(shown(clip, rate)) if first <= frame < after]
    if placed:
        # Where media frames are longer than the timeline's, the moment begins between two of them.
        (marker,) = placed
        if here:
            assert abs(marker.frame - here[0]) <= 1
            assert abs(marker.frame + marker.duration - 1 - here[-1]) <= 1
    else:
        assert len(here) <= rate / 4 + 1, "only slivers may be left without a marker"


@given(uses(), st.integers(-1000, 10**6))
def test_frames_and_seconds_of_the_file_are_inverse(use: tuple[TimelineClip, Fraction, MediaInfo], frame: int) -> None:
    clip, rate, media = use
    time_map = ClipTimeMap.through(clip, media, rate)
    assert time_map.timeline_frame(time_map.source_time(frame)) == frame


def test_a_clip_trimmed_on_both_sides(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    clip = make_clip(start=1000, duration=500, source_start=250, source_end=750)  # 10 s to 30 s of the file
    spans = [span(0, 5, "before"), span(8, 12, "in"), span(15, 20, "whole"), span(28, 40, "out"), span(31, 33, "after")]
    placed = placed_on(make_timeline(clip), make_media(), spans).placed
    assert frames(placed) == [("in", 1000, 50), ("whole", 1125, 125), ("out", 1450, 50)]


def test_one_moment_as_often_as_it_is_used(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    clips = [make_clip(index=n, start=start, duration=500, source_end=500) for n, start in enumerate((0, 700, 3000), 1)]
    other = make_clip(index=4, start=4000, path=Path("/footage/other.mov"))
    placement = placed_on(make_timeline(*clips, other), make_media(), [span(4, 6), span(50, 60, "unused")])
    assert frames(placement.placed) == [("m1", 100, 50), ("m1", 800, 50), ("m1", 3100, 50)]
    assert placement.left_out == ()


def test_film_media_on_a_drop_frame_timeline(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    """23.976 on 29.97: five timeline frames show four of the file, exactly, however late."""
    media = make_media(rate=NTSC24, duration=40000 / NTSC24, frame_count=40000)
    clip = make_clip(start=0, duration=50000, clip_rate=NTSC24, source_end=40000)
    timeline = make_timeline(clip, rate=NTSC30, drop_frame=True, start_frame=107892, duration=50000)
    placed = placed_on(
        timeline, media, [span(4000 / NTSC24, 4040 / NTSC24), span(36000 / NTSC24, 36004 / NTSC24, "late")]
    )
    assert frames(placed.placed) == [("m1", 5000, 50), ("late", 45000, 5)]
    assert timeline.timecode(5000) == "01:02:46;24"
    assert timeline.frame_at("01:02:46;24") == 5000


def test_fifty_on_twentyfive(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    media = make_media(rate=Fraction(50), frame_count=5000)
    clip = make_clip(start=200, duration=1000, clip_rate=Fraction(50), source_start=1000, source_end=3000)
    assert frames(placed_on(make_timeline(clip), media, [span(25, 27)]).placed) == [("m1", 325, 50)]


def test_double_speed_and_half(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    fast = make_clip(start=100, duration=500, source_start=500, source_end=1500, speed=Fraction(2))
    slow = make_clip(start=1000, duration=1000, source_start=500, source_end=1000, speed=Fraction(1, 2), index=2)
    placed = placed_on(make_timeline(fast, slow), make_media(), [span(24, 28)]).placed
    assert frames(placed) == [("m1", 150, 50), ("m1", 1200, 200)]


def test_reversed_the_last_second_comes_first(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    clip = make_clip(
        start=100, duration=500, source_start=500, source_end=1000, speed=Fraction(-1)
    )  # 40 s back to 20 s
    placed = placed_on(make_timeline(clip), make_media(), [span(38, 45, "end"), span(20, 21, "start")]).placed
    assert frames(placed) == [("end", 100, 50), ("start", 575, 25)]


def test_clip_attributes_change_the_rate_and_frames_stay_frames(
    make_clip: Make, make_timeline: Make, make_media: Make
) -> None:
    """50 fps shot for slow motion: the editor plays it at 25, so second 2 of the file comes after 4 s."""
    media = make_media(rate=Fraction(50), duration=Fraction(20), frame_count=1000)
    clip = make_clip(duration=1000, source_end=1000, clip_rate=Fraction(25))
    assert frames(placed_on(make_timeline(clip), media, [span(2, 3)]).placed) == [("m1", 100, 50)]
    variable = replace(media, variable_rate=True, frame_count=None)
    clip = replace(clip, duration=500, source_end=500)
    assert frames(placed_on(make_timeline(clip), variable, [span(2, 3)]).placed) == [("m1", 50, 25)], (
        "seconds as they are"
    )


def test_a_cut_on_a_moment_leaves_no_sliver_of_its_neighbour(
    make_clip: Make, make_timeline: Make, make_media: Make
) -> None:
    clip = make_clip(duration=500, source_start=247, source_end=747)
    spans = [span(0, 10, "before"), span(10, 29, "this"), span("29.8", 40, "next"), span("9.9", 10, "short")]
    assert frames(placed_on(make_timeline(clip), make_media(), spans).placed) == [("short", 1, 2), ("this", 3, 475)]


def test_a_moment_that_shows_nowhere_but_as_a_sliver_is_named(
    make_clip: Make, make_timeline: Make, make_media: Make
) -> None:
    first = make_clip(item="first", duration=500, source_start=247, source_end=747)
    spans = [span(0, 10, "before"), span(10, 29, "this"), span("29.8", 40, "next")]
    spans.append(replace(span(0, 10, "part"), kind="chapter"))
    alone = placed_on(make_timeline(first), make_media(), spans)
    before, after = '"what before shows" at 0.0 s of its file', '"what next shows" at 29.8 s of its file'
    assert alone.left_out == (LeftOut("first", f"shows too little to mark of {before}, {after}", 1, 0),)
    # Another clip marks one of them: only the other is told, and by the clip that shows it.
    second = make_clip(item="second", index=2, start=500, duration=100, source_start=0, source_end=100)
    both = placed_on(make_timeline(first, second), make_media(), spans)
    assert {use.segment.segment_id for use in both.placed} == {"this", "before", "part"}
    assert both.left_out == (LeftOut("first", f"shows too little to mark of {after}", 1, 0),)


def test_many_slivers_are_one_line_a_clip(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    clips = [
        make_clip(item=name, start=start, duration=500, source_start=247, source_end=747)
        for name, start in (("a", 0), ("b", 600))
    ]
    placement = placed_on(make_timeline(*clips), make_media(), [span(i, 10, f"m{i}") for i in range(9)])
    assert not placement.placed and [(left.item, left.frame) for left in placement.left_out] == [("a", 0), ("b", 600)]
    assert placement.left_out[0].reason.endswith('"what m2 shows" at 2.0 s of its file and 6 more')


def test_a_moment_shorter_than_a_frame_has_one(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    spans = [span("9.999", "10.001"), span("99.99", 100, "last")]
    placed = placed_on(make_timeline(make_clip()), make_media(), spans).placed
    assert frames(placed) == [("m1", 250, 1), ("last", 2499, 1)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"problem": "compound clip"}, "compound clip"),
        ({"enabled": False}, "disabled"),
        ({"speed": None}, "speed unknown"),
        ({"speed": Fraction(0)}, "freeze frame"),
        ({"source_start": None}, "unknown which part of its file it uses"),
        ({"source_end": None, "speed": Fraction(-1)}, "unknown which part of its file it uses"),
        ({"source_start": 2500, "source_end": 5000}, "does not have (was the file replaced?)"),
        ({"source_end": 2000}, "speed not constant"),
        ({"duration": 0}, "no length"),
    ],
)
def test_what_cannot_be_mapped_is_named(
    fields: dict[str, Any], reason: str, make_clip: Make, make_timeline: Make, make_media: Make
) -> None:
    good = make_clip(track=2, item="good")
    placement = placed_on(make_timeline(make_clip(**fields), good), make_media(), [span(0, 100)])
    (left,) = placement.left_out
    assert left.item == "A003.mov" and reason in left.reason
    assert [use.track for use in placement.placed] == [2]


def test_items_without_a_file_are_none_of_its_business(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    title = make_clip(item="Text+", path=None, problem="title")
    timeline = make_timeline(title, make_clip(item="Act 2", path=None), make_clip())
    assert placed_on(timeline, make_media(), [span(0, 100)]).left_out == ()


def test_a_file_known_under_another_path(make_clip: Make, make_timeline: Make, make_media: Make) -> None:
    copy = Path("/backup/A003.mov")
    timeline = make_timeline(make_clip(path=copy))
    assert placed_on(timeline, make_media(), [span(0, 5)]).placed == ()
    assert len(placed_on(timeline, make_media(), [span(0, 5)], paths=[copy]).placed) == 1


@given(
    st.sampled_from(LEGAL_RATES), st.sampled_from(LEGAL_RATES), st.integers(1, 3000),
    st.sampled_from([100, 200, 50, 25, 400, 150]) | st.integers(5, 1000), st.sampled_from([0, Fraction(1, 2)]),
)  # fmt: skip
def test_an_inferred_speed_is_within_a_media_frame_at_the_clips_end(
    rate: Fraction, clip_rate: Fraction, record: int, percent: int, rounding: Fraction
) -> None:
    exact = Fraction(percent, 100) * record * clip_rate / rate
    speed = infer_speed(int(exact + rounding), clip_rate, record, rate)
    if speed is None:
        assert int(exact + rounding) == 0
        return
    assert abs(speed * record * clip_rate / rate - exact) < 2
    if exact > 2 * percent:
        assert speed == Fraction(percent, 100), "long enough to tell every whole percent"


def test_speeds_by_name() -> None:
    assert infer_speed(47, NTSC24, 59, NTSC30) == 1
    assert infer_speed(2000, Fraction(50), 500, Fraction(25)) == 2
    assert infer_speed(1001, Fraction(24), 1000, Fraction(24)) == Fraction(1001, 1000)
    assert infer_speed(0, Fraction(25), 100, Fraction(25)) is None
