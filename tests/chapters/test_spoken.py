"""Chapters of what is said, beside what the pictures show and what is written in them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from cuemark.chapters.build import build_chapters
from cuemark.chapters.options import ChapterOptions
from cuemark.chapters.spoken import enough_said, spoken_chapters
from cuemark.core.screen_text import Place, ScreenText, ScreenTexts, TextKind
from cuemark.core.transcript import Transcript, Utterance
from tests.chapters.test_topics import talk

if TYPE_CHECKING:
    from tests.chapters.conftest import World

PLACE = Place(0.1, 0.1, 0.8, 0.1)


def test_a_talk_gets_chapters_with_titles_of_their_own_in_a_gapless_partition() -> None:
    transcript, duration, true = talk(["cooking", "sailing", "money", "dogs"])

    chapters = spoken_chapters(transcript, duration)

    assert chapters[0].start == 0 and chapters[-1].end == duration
    assert all(one.end == other.start for one, other in pairwise(chapters))
    assert all(chapter.end - chapter.start >= 10 for chapter in chapters)
    assert len({chapter.title for chapter in chapters}) == len(chapters) and all(chapter.title for chapter in chapters)
    starts = [chapter.start for chapter in chapters]
    assert sum(border in starts for border in true) >= 2
    assert chapters == spoken_chapters(transcript, duration)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_as_many_chapters_as_asked(count: int) -> None:
    transcript, duration, _ = talk(["cooking", "sailing", "money", "dogs"])

    assert len(spoken_chapters(transcript, duration, ChapterOptions(count=count))) == count


def test_no_chapter_is_shorter_than_asked() -> None:
    transcript, duration, _ = talk(["cooking", "sailing", "money", "dogs"])

    chapters = spoken_chapters(transcript, duration, ChapterOptions(min_length=Fraction(70), count=30))

    assert all(chapter.end - chapter.start >= 70 for chapter in chapters) and len(chapters) > 1


def test_borders_are_the_headings_of_slides_though_speech_runs_on_over_them() -> None:
    transcript, duration, _ = talk(["cooking"], each=60)
    at = [Fraction(0), Fraction(100) + Fraction(1, 24), Fraction(190), Fraction(290)]
    texts = tuple(
        ScreenText(start, end, f"Heading {n}", PLACE, TextKind.TITLE)
        for n, (start, end) in enumerate(pairwise([*at, duration]))
    )

    starts = [one.start for one in spoken_chapters(transcript, duration, screen_text=ScreenTexts(texts))]

    assert set(at) <= set(starts)


def test_a_border_lies_on_the_shot_change_beside_the_sentence(world: World) -> None:
    transcript, duration, _ = talk(["cooking", "sailing", "money"])
    sentence = spoken_chapters(transcript, duration, ChapterOptions(count=3))[1].start
    shot = sentence - Fraction(7, 24)
    moments = world.moments([(0, shot, "a kitchen"), (shot, duration, "a boat")])

    starts = [one.start for one in spoken_chapters(transcript, duration, ChapterOptions(count=3), moments=moments)]

    assert shot in starts and sentence not in starts


def test_where_nobody_speaks_the_pictures_make_the_chapters(world: World) -> None:
    transcript, spoken, _ = talk(["cooking", "money"], each=20)
    scenes = [(0, spoken, "a kitchen"), (spoken, spoken + 100, "a dog runs"), (spoken + 100, spoken + 200, "a red car")]
    evidence, moments = world.evidence(scenes, step=Fraction(2)), world.moments(scenes)
    duration = spoken + 200

    chapters = build_chapters(replace(evidence, transcript=transcript), moments, world.text, duration)

    starts = [chapter.start for chapter in chapters]
    assert any(abs(start - spoken) <= 2 for start in starts) and any(abs(start - spoken - 100) <= 2 for start in starts)
    assert chapters[-1].end == duration and all(one.end == other.start for one, other in pairwise(chapters))
    assert len(starts) > 3


def test_footage_in_which_little_is_said_has_the_chapters_of_its_pictures(world: World) -> None:
    scenes = [(0, 60, "a dog runs"), (60, 120, "a red car")]
    evidence, moments = world.evidence(scenes), world.moments(scenes)
    remark = Transcript(tuple(Utterance(Fraction(n), Fraction(n + 1), "Look at that.") for n in range(10)))
    plain = build_chapters(evidence, moments, world.text, Fraction(120))

    assert not enough_said(remark, Fraction(120), ChapterOptions())
    assert build_chapters(replace(evidence, transcript=remark), moments, world.text, Fraction(120)) == plain
    assert build_chapters(replace(evidence, transcript=Transcript(())), moments, world.text, Fraction(120)) == plain


def test_pictures_too_have_as_many_chapters_as_asked(world: World) -> None:
    scenes = [(30 * n, 30 * n + 30, text) for n, text in enumerate(["a dog", "a car", "the sea", "a tree"])]
    evidence, moments = world.evidence(scenes), world.moments(scenes)

    for count in (1, 2, 4):
        chapters = build_chapters(evidence, moments, world.text, Fraction(120), ChapterOptions(count=count))
        assert len(chapters) == count


def test_sentences_beyond_the_end_and_a_last_one_that_runs_over_it_cost_nothing() -> None:
    transcript, duration, _ = talk(["cooking", "sailing", "money"])

    chapters = spoken_chapters(transcript, duration * 2 / 3)

    assert chapters[-1].end == duration * 2 / 3 and all(chapter.start < chapter.end for chapter in chapters)
