"""Chapters from moments: what an editor would expect of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.captions.language.en import WHOLE
from cuemark.chapters.build import build_chapters
from cuemark.chapters.options import ChapterOptions
from cuemark.core.analysis import READ, SAID
from cuemark.core.errors import OptionError

DOG, CAR, FISH, BIRD = "a red dog on a beach", "a blue car in a city", "a green fish in water", "a white bird on a roof"

RUNNING = "a red dog with a yellow ball on a sunny beach near tall palm trees and white boats"


def check(chapters: Any, duration: Any, options: Any = None) -> None:
    """What holds for any media."""
    options = options or ChapterOptions()
    assert chapters[0].start == 0 and chapters[-1].end == duration
    assert all(before.end == after.start for before, after in pairwise(chapters))
    assert all(chapter.start < chapter.end for chapter in chapters)
    assert len(chapters) <= options.max_count
    assert all(isinstance(time, Fraction) for chapter in chapters for time in (chapter.start, chapter.end))
    assert len({chapter.id for chapter in chapters}) == len(chapters)
    if duration >= options.min_length:
        assert all(chapter.end - chapter.start >= options.min_length for chapter in chapters)
    else:
        assert len(chapters) == 1
    for chapter in chapters:
        assert 0 < len(chapter.title) <= options.max_title
        assert chapter.title == chapter.title.strip() and not chapter.title.endswith(".")
        assert not chapter.title.lower().startswith(("video of", "video showing"))
        assert chapter.title[0] == chapter.title[0].upper()
    assert all(a.title.casefold() != b.title.casefold() for a, b in pairwise(chapters))


def build(world: Any, scenes: Any, moments: Any, options: Any = None, **track: Any) -> list[tuple[float, float, str]]:
    duration = Fraction(scenes[-1][1])
    chapters = build_chapters(world.evidence(scenes, **track), world.moments(moments), world.text, duration, options)
    check(chapters, duration, options)
    return [(float(chapter.start), float(chapter.end), chapter.title) for chapter in chapters]


def test_moments_that_fill_the_media_are_the_chapters(world: Any) -> None:
    scenes = [(0, 20, DOG), (20, 45, CAR), (45, 70, FISH)]
    assert build(world, scenes, [(0, 20, f"Video of {DOG}."), (20, 45, CAR), (45, 70, FISH)]) == [
        (0, 20, "Red dog on a beach"),
        (20, 45, "Blue car in a city"),
        (45, 70, "Green fish in water"),
    ]


def test_a_short_gap_goes_to_the_neighbour_its_frames_belong_to(world: Any) -> None:
    moments = [(0, 20, DOG), (27, 50, CAR)]
    like_the_first = build(world, [(0, 27, DOG), (27, 50, CAR)], moments)
    like_the_second = build(world, [(0, 20, DOG), (20, 50, CAR)], moments)
    assert [chapter[0] for chapter in like_the_first] == [0, 27]
    assert [chapter[0] for chapter in like_the_second] == [0, 20]


def test_a_gap_like_neither_leaves_the_next_chapter_at_its_moments_start(world: Any) -> None:
    chapters = build(world, [(0, 20, DOG), (20, 27, "fog"), (27, 50, CAR)], [(0, 20, DOG), (27, 50, CAR)])
    assert [chapter[0] for chapter in chapters] == [0, 27]


def test_a_long_unmarked_stretch_is_a_chapter_of_its_own_and_does_not_claim_a_caption(world: Any) -> None:
    scenes = [(0, 40, "fog"), (40, 80, DOG), (80, 120, "static"), (120, 160, CAR), (160, 200, "mist")]
    chapters = build(world, scenes, [(40, 80, DOG), (120, 160, CAR)])
    assert [chapter[0] for chapter in chapters] == [0, 40, 80, 120, 160]
    assert [chapter[2] for chapter in chapters] == [
        "Opening",
        "Red dog on a beach",
        "Interlude",
        "Blue car in a city",
        "Ending",
    ]


def test_a_long_unmarked_stretch_that_shows_a_neighbour_belongs_to_it(world: Any) -> None:
    chapters = build(world, [(0, 60, DOG), (60, 90, CAR)], [(0, 30, DOG), (60, 90, CAR)])
    assert chapters == [(0, 60, "Red dog on a beach"), (60, 90, "Blue car in a city")]


def test_an_empty_stretch_is_called_what_clip_sees(world: Any) -> None:
    scenes = [(0, 30, DOG), (30, 60, "a black screen"), (60, 90, CAR)]
    assert build(world, scenes, [(0, 30, DOG), (60, 90, CAR)])[1] == (30, 60, "Black screen")


def test_many_tiny_moments_of_one_content_are_one_chapter(world: Any) -> None:
    scenes = [(0, 30, DOG), (30, 60, CAR)]
    moments = [(t, t + 2, DOG if t < 30 else CAR) for t in range(0, 60, 2)]
    assert build(world, scenes, moments) == [(0, 30, "Red dog on a beach"), (30, 60, "Blue car in a city")]


def test_many_tiny_moments_of_many_contents_keep_the_minimum_length(world: Any) -> None:
    words = [f"thing{n} place{n}" for n in range(30)]
    scenes = [(2 * n, 2 * n + 2, text) for n, text in enumerate(words)]
    chapters = build(world, scenes, scenes)
    assert 2 <= len(chapters) <= 6


def test_moments_that_alternate_are_told_by_what_prevails(world: Any) -> None:
    scenes = [(3 * n, 3 * n + 3, (DOG, CAR, FISH, BIRD)[2 * (n // 10) + n % 2]) for n in range(20)]
    chapters = build(world, scenes, scenes)
    assert 30 in [chapter[0] for chapter in chapters]
    for start, _, title in chapters:
        early = ("Red dog on a beach", "Blue car in a city")
        assert title in (early if start < 30 else ("Green fish in water", "White bird on a roof"))


def test_one_moment_over_everything_is_one_chapter(world: Any) -> None:
    assert build(world, [(0, 90, DOG)], [(0, 90, DOG)]) == [(0, 90, "Red dog on a beach")]


def test_a_moment_inside_one_over_everything_stands_out_where_the_frames_agree(world: Any) -> None:
    moments = [(0, 120, DOG), (40, 80, CAR)]
    chapters = build(world, [(0, 40, DOG), (40, 80, CAR), (80, 120, DOG)], moments)
    assert [chapter[::2] for chapter in chapters] == [
        (0, "Red dog on a beach"),
        (40, "Blue car in a city"),
        (80, "Red dog on a beach"),
    ]
    assert len(build(world, [(0, 120, DOG)], [(0, 120, DOG), (50, 53, CAR)])) == 1


@pytest.mark.parametrize("change", [30, 40])
def test_an_overlap_is_cut_where_the_frames_change(world: Any, change: int) -> None:
    chapters = build(world, [(0, change, DOG), (change, 70, CAR)], [(0, 40, DOG), (30, 70, CAR)])
    assert [chapter[0] for chapter in chapters] == [0, change]


def test_media_shorter_than_the_minimum_is_one_chapter_named_by_its_main_moment(world: Any) -> None:
    scenes = [(0, 6, DOG), (6, 8, CAR)]
    assert build(world, scenes, scenes) == [(0, 8, "Red dog on a beach")]
    assert build(world, [(0, Fraction(1, 25), DOG)], []) == [(0, 0.04, WHOLE)]


@pytest.mark.parametrize("moments", [[], [(0, 90, "Video of.")], [(95, 99, DOG)], [(30, 30, DOG)]])
def test_nothing_said_is_one_honest_chapter(world: Any, moments: Any) -> None:
    assert build(world, [(0, 90, DOG)], moments) == [(0, 90, WHOLE)]


def test_a_moment_without_a_caption_is_a_chapter_that_claims_nothing(world: Any) -> None:
    scenes = [(0, 20, DOG), (20, 45, CAR), (45, 70, FISH)]
    assert build(world, scenes, [(0, 20, DOG), (20, 45, ""), (45, 70, "", "a green fish")]) == [
        (0, 20, "Red dog on a beach"),
        (20, 45, "Moment 2"),
        (45, 70, "Moment 3"),
    ]


def test_moments_without_any_caption_are_chapters_by_their_places(world: Any) -> None:
    scenes = [(0, 30, DOG), (30, 60, CAR), (60, 90, "fog")]
    assert build(world, scenes, [(30, 60, ""), (0, 30, " ")]) == [
        (0, 30, "Moment 1"),
        (30, 60, "Moment 2"),
        (60, 90, "Ending"),
    ]
    assert build(world, scenes, [(0, 90, "")]) == [(0, 90, "Moment 1")]
    assert build(world, [(0, 3, DOG), (3, 90, CAR)], [(0, 3, ""), (3, 90, CAR)]) == [(0, 90, "Blue car in a city")]


def test_an_hour_with_sixty_moments_keeps_the_maximum(world: Any) -> None:
    scenes = [(60 * n, 60 * n + 60, f"thing{n} place{n}") for n in range(60)]
    chapters = build(world, scenes, scenes, ChapterOptions(max_count=12), step=Fraction(2))
    assert len(chapters) == 12
    assert len(build(world, scenes, scenes, step=Fraction(2))) == ChapterOptions().max_count
    assert len(build(world, scenes, scenes, ChapterOptions(max_count=100), step=Fraction(2))) == 60


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DOG, DOG),
        (DOG, "Video of a Red dog on the beach."),
        (DOG, "there is a red dog on the beach"),
        (f"{RUNNING} running", f"{RUNNING} runs"),
    ],
)
def test_neighbours_with_the_same_content_become_one(world: Any, first: str, second: str) -> None:
    chapters = build(world, [(0, 40, first), (40, 80, CAR)], [(0, 20, first), (20, 40, second), (40, 80, CAR)])
    assert [chapter[0] for chapter in chapters] == [0, 40]


def test_the_same_thing_from_two_angles_is_one_chapter(world: Any) -> None:
    scenes = [(0, 20, f"{DOG} left"), (20, 40, f"{DOG} right"), (40, 70, CAR)]
    chapters = build(world, scenes, [(0, 20, DOG), (20, 40, DOG), (40, 70, CAR)])
    assert [chapter[0] for chapter in chapters] == [0, 40]


def test_captions_of_one_word_apart_stay_two_when_the_frames_tell_them_apart(world: Any) -> None:
    red, blue = "a red dog on a beach", "a blue dog on a beach"
    chapters = build(world, [(0, 30, red), (30, 60, blue)], [(0, 30, red), (30, 60, blue)])
    assert [chapter[2] for chapter in chapters] == ["Red dog on a beach", "Blue dog on a beach"]


def test_one_caption_on_unlike_footage_takes_another_of_its_captions_or_is_one_chapter(world: Any) -> None:
    scenes = [(0, 30, DOG), (30, 60, "purple kite sky")]
    assert [chapter[2] for chapter in build(world, scenes, [(0, 30, DOG), (30, 60, DOG, "a purple kite")])] == [
        "Red dog on a beach",
        "Purple kite",
    ]
    assert len(build(world, scenes, [(0, 30, DOG), (30, 60, DOG)])) == 1


def test_the_same_content_after_something_else_is_a_chapter_again(world: Any) -> None:
    scenes = [(0, 20, DOG), (20, 40, CAR), (40, 60, DOG)]
    assert [chapter[2] for chapter in build(world, scenes, scenes)] == [
        "Red dog on a beach",
        "Blue car in a city",
        "Red dog on a beach",
    ]


def test_a_title_is_checked_against_the_frames(world: Any) -> None:
    wrong = [(0, 30, "a purple train", "a red dog"), (30, 60, CAR)]
    assert build(world, [(0, 30, DOG), (30, 60, CAR)], wrong)[0][2] == "Red dog"


def test_a_long_caption_is_shortened_to_what_the_frames_show(world: Any) -> None:
    caption = f"{DOG}, while somebody somewhere explains the quarterly numbers of an unrelated company"
    assert build(world, [(0, 30, DOG), (30, 60, CAR)], [(0, 30, caption), (30, 60, CAR)])[0][2] == "Red dog on a beach"


def test_one_single_frame_is_enough(world: Any) -> None:
    evidence = world.evidence([(0, 80, DOG)], step=Fraction(100))
    assert evidence.samples == 1
    chapters = build_chapters(evidence, world.moments([(0, 20, DOG), (20, 80, CAR)]), world.text, Fraction(80))
    check(chapters, 80)
    assert [chapter.title for chapter in chapters] == ["Red dog on a beach", "Blue car in a city"]


def test_a_track_that_ends_early_still_covers_the_media(world: Any) -> None:
    chapters = build_chapters(world.evidence([(0, 25, DOG)]), world.moments([(0, 20, DOG)]), world.text, Fraction(60))
    check(chapters, 60)


@pytest.mark.parametrize(
    "options",
    [
        ChapterOptions(min_length=Fraction(0)),
        ChapterOptions(max_count=0),
        ChapterOptions(max_title=3),
        ChapterOptions(gap_length=Fraction(-1)),
    ],
)
def test_options_that_cannot_be_are_refused(world: Any, options: Any) -> None:
    with pytest.raises(OptionError) as failure:
        build_chapters(world.evidence([(0, 1, DOG)]), [], world.text, Fraction(1), options)
    assert failure.value.code == "option_chapters"


CAPTIONS = st.sampled_from(
    [DOG, CAR, FISH, BIRD, f"Video of {DOG}.", "a dog", "x" * 90, "", "Photo of", "ünïcode 🐶 犬"]
)
TIMES = st.fractions(-5, 140, max_denominator=1001)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(TIMES, st.fractions(-2, 60, max_denominator=1001), CAPTIONS), max_size=14),
    duration=st.fractions(Fraction(1, 30), 130, max_denominator=30000),
    step=st.sampled_from([Fraction(20), Fraction(3, 2), Fraction(1001, 3000)]),
    min_length=st.fractions(1, 30, max_denominator=24),
    max_count=st.integers(1, 9),
    seed=st.integers(0, 5),
)
def test_any_moments_give_gapless_chapters(
    world: Any, rows: Any, duration: Any, step: Fraction, min_length: Fraction, max_count: int, seed: int
) -> None:
    options = ChapterOptions(min_length=min_length, max_count=max_count, gap_length=Fraction(15))
    scene = (DOG, CAR, "fog")
    scenes = [(n * duration / 3, (n + 1) * duration / 3, scene[(n + seed) % 3]) for n in range(3)]
    evidence = world.evidence(scenes, step=step, seed=seed)
    moments = world.moments([(start, start + length, text) for start, length, text in rows])
    chapters = build_chapters(evidence, moments, world.text, duration, options)
    check(chapters, duration, options)
    assert chapters == build_chapters(
        evidence, moments[::-1] if len(set(rows)) < 2 else moments, world.text, duration, options
    )


def test_three_hundred_moments_are_quick_enough(world: Any) -> None:
    scenes = [(6 * n, 6 * n + 6, f"thing{n % 90} place{n % 90}") for n in range(300)]
    chapters = build(world, scenes, scenes, step=Fraction(1))
    assert 1 < len(chapters) <= 30
    assert np.isfinite([chapter[0] for chapter in chapters]).all()


class _Spoken:
    """Stands in for what was said: one text fits the samples of some time by many logits, all others by none."""

    def __init__(self, seconds: np.ndarray, text: str, start: float, end: float) -> None:
        self._inside, self._text = torch.from_numpy((seconds >= start) & (seconds < end)), text

    def logits(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.stack([30.0 * self._inside * (text == self._text) for text in texts], dim=1)


def test_a_gap_goes_to_the_chapter_that_other_evidence_tells_of(world: Any) -> None:
    """The pictures of the gap look like neither neighbour; what is said in it belongs to the second."""
    scenes, moments = [(0, 20, DOG), (20, 27, "fog"), (27, 50, CAR)], world.moments([(0, 20, DOG), (27, 50, CAR)])
    evidence = world.evidence(scenes)
    spoken = _Spoken(evidence.frames.seconds, CAR, 20, 27)
    seen = build_chapters(evidence, moments, world.text, Fraction(50))
    heard = build_chapters(evidence, moments, world.text, Fraction(50), beside=spoken)
    assert [chapter.start for chapter in seen] == [0, 27]
    assert [chapter.start for chapter in heard] == [0, 20]


def test_headings_that_are_read_are_titles_as_they_are_written(world: Any) -> None:
    """Nobody speaks, and the pictures were left without words: what is less likely than those is no title."""
    white = "a white page"
    rows = [(0, 20, "Mixing the dough", "water"), (20, 45, "パンを焼く", "a dog"), (45, 70, "Tasting", "a squirrel")]
    moments = [replace(one, source=READ) for one in world.moments(rows)]
    chapters = build_chapters(world.evidence([(0, 70, white)]), moments, world.text, Fraction(70))
    assert [(float(one.start), one.title) for one in chapters] == [
        (0, "Mixing the dough"),
        (20, "パンを焼く"),
        (45, "Tasting"),
    ]


def test_what_the_pictures_did_not_say_of_a_moment_is_no_title_of_it(world: Any) -> None:
    scenes = [(0, 20, DOG), (20, 45, "a fox")]
    dog, said = world.moments([(0, 20, DOG), (20, 45, "Taste the bread", "a fox")])
    chapters = build_chapters(
        world.evidence(scenes), [dog, replace(said, source=SAID)], world.text, Fraction(45), ChapterOptions()
    )
    assert [one.title for one in chapters] == ["Red dog on a beach", "Taste the bread"]
