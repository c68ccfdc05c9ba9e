"""Footage that was cut up: a moment that a cut runs through is one moment, and a chapter begins once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.core.markers import MarkerOptions, TimelineMarker
from cuemark.core.timeline import TimelineClip
from cuemark.hosts.timeline_map import desired_markers
from tests.hosts.example import CLIP, MEDIA, analysis

Make = Callable[..., Any]
RATE = Fraction(25)


INTERVIEW = analysis(
    [(2, 18, "she sits down"), (22, 38, "she laughs"), (45, 58, "hands on a table"), (64, 80, "she stands up"),
     (84, 96, "an empty chair")],
    [(0, 40, "Childhood"), (40, 62, "The shop"), (62, 100, "Today")],
)  # fmt: skip


def cut(*pieces: tuple[int, int], start: int = 0, gap: int = 0, **fields: Any) -> list[TimelineClip]:
    """Clips that play these stretches of media frames one behind the other on one track."""
    clips = []
    for number, (first, after) in enumerate(pieces, 1):
        length = after - first
        clips.append(
            replace(
                CLIP, item=f"answer {number}", index=number, start=start, duration=length, source_start=first,
                source_end=after, **fields,
            )
        )  # fmt: skip
        start += length + gap
    return clips


def wanted(clips: list[TimelineClip], found: Analysis = INTERVIEW, options: MarkerOptions | None = None) -> Any:
    contents = {path: MEDIA.fingerprint for clip in clips if (path := clip.path) is not None}
    return desired_markers(clips, RATE, [found], contents, options or MarkerOptions())


def rows(markers: tuple[TimelineMarker, ...], kind: str) -> list[tuple[str, int, int]]:
    return [(m.segment_id, m.frame, m.duration) for m in markers if m.kind == kind]


def test_a_cut_up_interview_has_each_chapter_and_each_moment_once() -> None:
    """Thirteen answers, with the questions cut out: a second goes at every cut."""
    pieces = [(n * 190, n * 190 + 165) for n in range(13)]
    done = wanted(cut(*pieces))
    assert [row[0] for row in rows(done.markers, "chapter")] == ["c1", "c2", "c3"]
    assert [row[0] for row in rows(done.markers, "moment")] == ["m1", "m2", "m3", "m4", "m5"]
    # By an editor that knows which media frame each timeline frame shows.
    shows = [frame for first, after in pieces for frame in range(first, after)]
    for segment_id, frame, duration in rows(done.markers, "moment"):
        moment = INTERVIEW.moments[int(segment_id[1:]) - 1]
        inside = [at for at, shown in enumerate(shows) if moment.start * 25 <= shown < moment.end * 25]
        assert (frame, frame + duration) == (inside[0], inside[-1] + 1), segment_id
    for segment_id, frame, duration in rows(done.markers, "chapter"):
        chapter = INTERVIEW.chapters[int(segment_id[1:]) - 1]
        assert frame == next(at for at, shown in enumerate(shows) if chapter.start * 25 <= shown) and duration == 1
    assert done.left_out == ()


@given(st.lists(st.integers(1, 99), min_size=1, max_size=12, unique=True), st.integers(0, 40))
def test_wherever_it_is_cut_without_taking_anything_out_nothing_changes(seconds: list[int], ahead: int) -> None:
    edges = [0, *(second * 25 + ahead % 25 for second in sorted(seconds)), 2500]
    pieces = [(first, after) for first, after in itertools.pairwise(edges) if after > first]
    whole, pieced = wanted(cut((0, 2500))).markers, wanted(cut(*pieces)).markers
    assert [(m.frame, m.duration, m.name, m.note) for m in pieced] == [
        (m.frame, m.duration, m.name, m.note) for m in whole
    ]


@given(
    st.lists(st.integers(0, 2499), min_size=2, max_size=16, unique=True),
    st.lists(st.tuples(st.integers(0, 2400), st.integers(1, 400)), min_size=1, max_size=6),
    st.sampled_from([1, 2, Fraction(1, 2)]),
    st.booleans(),
)
@example([1, 3], [(0, 2)], 2, False)
def test_what_is_marked_is_what_an_editor_shows(
    edges: list[int], moments: list[tuple[int, int]], speed: Fraction | int, is_reversed: bool
) -> None:
    """Pieces in source order with anything taken out between them, at any speed, both ways; by an editor of its own."""
    cuts = sorted(edges)
    pieces = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if (b - a) % 2 == 0]
    pieces = pieces[::-1] if is_reversed else pieces
    found = analysis([(Fraction(a, 25), Fraction(min(2500, a + n), 25), "x") for a, n in moments], [])
    clips, shows, start = [], [], 0
    for number, (first, after) in enumerate(pieces, 1):
        length = int((after - first) / speed)
        clip = replace(CLIP, index=number, start=start, duration=length, source_start=first, source_end=after)
        clips.append(replace(clip, speed=Fraction(-speed if is_reversed else speed)))
        ahead = [(Fraction(2 * frame + 1, 2)) * speed for frame in range(length)]
        shows += [after - each if is_reversed else first + each for each in ahead]
        start += length
    done = {} if not clips else {m.segment_id: m for m in wanted(clips, found, MarkerOptions(chapters=False)).markers}
    merged = {each for marker in done.values() for each in marker.merged}
    for moment in found.moments:
        inside = [at for at, shown in enumerate(shows) if moment.start * 25 <= shown < moment.end * 25]
        if moment.id in merged:
            continue
        if moment.id in done:
            marker = done[moment.id]
            # A frame whose middle is a border of the moment counts to either side.
            inside = inside or [at for at, shown in enumerate(shows) if shown in (moment.start * 25, moment.end * 25)]
            assert abs(marker.frame - inside[0]) <= 1 and (abs(marker.end - 1 - inside[-1]) <= 1 or marker.merged)
        else:
            assert len(inside) <= 25 / 4 + 1, "only slivers may be left without a marker"


def test_a_cutaway_between_two_answers_does_not_begin_the_chapter_again() -> None:
    clips = cut((0, 250), (250, 500), gap=100)
    broll = replace(CLIP, item="b-roll", index=9, start=250, duration=100, path=Path("/footage/other.mov"))
    done = wanted([*clips, broll])
    assert rows(done.markers, "chapter") == [("c1", 0, 1)]
    assert rows(done.markers, "moment") == [("m1", 50, 500)], "16 s of it, and 4 s of what lies between"


def test_reversed_clips_go_on_backwards() -> None:
    clips = cut((1250, 1500), (1000, 1250), speed=Fraction(-1))
    done = wanted(clips)
    assert [row[0] for row in rows(done.markers, "chapter")] == ["c2"]
    assert rows(done.markers, "moment") == [("m3", 50, 325)]


@pytest.mark.parametrize(
    ("second", "fields"),
    [
        ((0, 500), {}),  # the same again
        ((250, 500), {"start": 2000}),  # in another scene
        ((250, 500), {"track": 2}),
        ((250, 500), {"speed": Fraction(-1)}),
        ((100, 350), {}),  # steps back
    ],
)
def test_elsewhere_it_is_shown_anew(second: tuple[int, int], fields: dict[str, Any]) -> None:
    (first,), (other,) = cut((0, 250)), cut(second, start=250)
    done = wanted([first, replace(other, index=2, **fields)], analysis([(2, 18, "a")], [(0, 100, "All")]))
    assert [row[0] for row in rows(done.markers, "chapter")] == ["c1", "c1"]
    assert [row[0] for row in rows(done.markers, "moment")] == ["m1", "m1"]


def test_a_stutter_of_one_shot_is_no_showing_in_order() -> None:
    clips = cut((50, 55), (50, 55), (50, 55))
    found = analysis([(2, Fraction(11, 5), "a flash")], [])
    assert [row[1:] for row in rows(wanted(clips, found).markers, "moment")] == [(0, 5), (5, 5), (10, 5)]


def test_two_cameras_cut_against_each_other_begin_each_chapter_once() -> None:
    one, other = Path("/footage/A003.mov"), Path("/footage/B003.mov")
    a = cut((0, 100), (200, 300), (400, 500), gap=100)
    b = cut((100, 200), (300, 400), start=100, gap=100, path=other)
    done = desired_markers(
        [*a, *b], RATE,
        [INTERVIEW, replace(INTERVIEW, id="b1", media=replace(MEDIA, path=other, fingerprint="b" * 32))],
        {one: MEDIA.fingerprint, other: "b" * 32}, MarkerOptions(),
    )  # fmt: skip
    assert [(m.custom_data, m.frame) for m in done.markers if m.kind == "chapter"] == [
        ("cuemark:a1:c1", 0), ("cuemark:b1:c1", 100),
    ]  # fmt: skip
    assert [(m.custom_data, m.frame, m.end) for m in done.markers if m.kind == "moment"] == [
        ("cuemark:a1:m1", 50, 450), ("cuemark:b1:m1", 101, 400),
    ]  # fmt: skip


def test_slivers_on_both_sides_of_a_cut_are_one_moment() -> None:
    """Five frames in each of two clips, ten in all of a moment of twelve: more than a quarter of a second."""
    found = analysis([(Fraction(98, 25), Fraction(110, 25), "a wink")], [])
    assert rows(wanted(cut((0, 103), (105, 400)), found).markers, "moment") == [("m1", 98, 10)]


def test_a_chapters_note_tells_what_its_clip_shows_and_no_more() -> None:
    (clip,) = cut((500, 1000))
    (chapter,) = (m for m in wanted([clip]).markers if m.kind == "chapter")
    assert (chapter.name, chapter.note) == ("Childhood", "she laughs")
    # Each showing tells of its own; markers of moments or not.
    twice = [*cut((500, 1000)), *(replace(each, index=2) for each in cut((0, 500), start=500))]
    options = MarkerOptions(moments=False)
    notes = [m.note for m in wanted(twice, options=options).markers]
    assert notes == ["she laughs", "she sits down"]


def test_a_chapters_first_moment_has_a_marker_of_its_own() -> None:
    found = analysis([(0, 10, "a dog"), (10, 20, "a boat"), (10, 12, "a gull")], [(0, 10, "Dog"), (10, 100, "Boat")])
    markers = wanted(cut((0, 2500)), found).markers
    assert [(m.kind, m.frame, m.end, m.name) for m in markers] == [
        ("chapter", 0, 1, "Dog"), ("moment", 1, 250, "a dog"),
        ("chapter", 250, 251, "Boat"), ("moment", 251, 500, "a boat"),
    ]  # fmt: skip
    assert markers[3].note == "a boat; a gull" and markers[3].merged == ("m3",)


def test_a_clip_of_one_frame_has_room_for_its_chapter_only() -> None:
    (marker,) = wanted(cut((0, 1)), analysis([(0, Fraction(1, 25), "a dog")], [(0, Fraction(1, 25), "Dog")])).markers
    assert (marker.kind, marker.duration, marker.merged, marker.note) == ("chapter", 1, ("m1",), "a dog")


def test_a_closer_view_of_the_same_footage_above_it_begins_nothing_again() -> None:
    (below,) = cut((0, 1000))
    above = replace(below, track=2, start=300, duration=400, source_start=300, source_end=700)
    alone, both = wanted([below]).markers, wanted([below, above]).markers
    assert both == alone
