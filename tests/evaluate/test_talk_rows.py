"""What a talk is cut into by the rows that must be beaten, and titles beside those people gave, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest

from cuemark.core.transcript import Transcript, Utterance
from cuemark.lab.evaluate.content_words import content_words, word_overlap
from cuemark.lab.evaluate.talk_evaluation import score_talk
from cuemark.lab.evaluate.talk_rows import BLIND_ROWS, Told, parted, told
from cuemark.lab.evaluate.talks import Talk
from cuemark.lab.evaluate.text_tiling import depths, likeness, pauses, smoothed, tiled
from cuemark.lab.evaluate.title_rows import (
    first_words,
    is_broken_off,
    score_titles,
    tfidf_row,
    tfidf_titles,
)
from cuemark.lab.evaluate.truth import TrueChapter

TOPICS = ("bread oven flour dough", "engine wheel brake piston", "violin cello orchestra concert")


def a_talk(lines: list[tuple[float, float, str]], *starts: float, titles: tuple[str, ...] = ()) -> Talk:
    """Sentences (start, end, text), and chapters from start to start; the last number is the end."""
    said = tuple(Utterance(Fraction(one), Fraction(two), text) for one, two, text in lines)
    spans = list(pairwise(map(Fraction, starts)))
    named = titles or ("",) * len(spans)
    chapters = tuple(TrueChapter(*span, title) for span, title in zip(spans, named, strict=True))
    return Talk("talk", Fraction(starts[-1]), Transcript(said), chapters)


@pytest.fixture
def three_topics() -> Talk:
    """Eighteen sentences of 10 s, six for each topic, with a pause of 3 s before the fifth and the ninth."""
    lines, time = [], 0.0
    for number in range(18):
        time += 3 if number in (4, 8) else 0
        words = TOPICS[number // 6].split()
        lines.append((time, time + 10, f"The {words[number % 4]} and the {words[(number + 1) % 4]}."))
        time += 10
    return a_talk(lines, 0, 63, 126, 186, titles=("Baking bread", "How an engine works", "The orchestra"))


def row(talk: Talk, name: str, known: Told | None = None) -> list[float]:
    """Where the chapters of a row begin."""
    (cut,) = [one.cut for one in BLIND_ROWS if one.name == name]
    return [float(chapter.start) for chapter in cut(talk, known or told([talk], 5, 0))[0]]


def test_equal_parts(three_topics: Talk) -> None:
    assert row(three_topics, "equal") == [0, 62, 124]
    assert row(three_topics, "equal-mean", Told(2, 4, 4)) == [0, 93]


def test_the_longest_pauses(three_topics: Talk) -> None:
    assert row(three_topics, "pauses") == [0, 43, 86]
    overlapping = a_talk([(0, 50, "a"), (10, 20, "b"), (55, 60, "c"), (62, 70, "d")], 0, 35, 70)
    assert pauses(overlapping.transcript.utterances) == [0, 5, 2]


def test_texttiling_finds_where_the_words_change(three_topics: Talk) -> None:
    assert row(three_topics, "texttiling") == [0, 63, 126]
    assert row(three_topics, "texttiling-own") == [0, 63, 126]


def test_depths_by_hand() -> None:
    """The dip at 2 climbs 3 to the left and 4 to the right; a peak has no depth; what only falls has one side."""
    assert depths([3, 4, 1, 2, 5]) == [1, 0, 7, 3 + 1 - 1, 0]
    assert smoothed([0, 3, 6]) == [1.5, 3, 4.5]


def test_likeness_is_the_cosine_of_word_counts() -> None:
    """ "dog dog cat" beside "dog": 2 / sqrt(5); beside nothing in common: 0."""
    said = a_talk([(0, 1, "dog dogs cat"), (1, 2, "the dog"), (2, 3, "bread")], 0, 2, 3).transcript.utterances
    assert likeness(said, 1) == [pytest.approx(2 / 5**0.5), 0]


def test_texttiling_of_too_little_is_nothing() -> None:
    assert tiled(a_talk([(0, 1, "dog")], 0, 1, 2).transcript.utterances, 4, 5) == ()


def test_random_sentences_are_the_same_for_a_seed(three_topics: Talk) -> None:
    (cut,) = [one.cut for one in BLIND_ROWS if one.name == "random"]
    first, again, other = (cut(three_topics, Told(3, 4, 4, seed)) for seed in (0, 0, 1))
    assert first == again != other
    starts = {sentence.start for sentence in three_topics.transcript.utterances}
    assert all(len(draw) == 3 and {chapter.start for chapter in draw} <= starts for draw in first)


def test_chapters_fill_the_talk_whatever_borders_are_named(three_topics: Talk) -> None:
    cut = parted(three_topics, [Fraction(-1), Fraction(0), Fraction(90), Fraction(90), Fraction(186), Fraction(999)])
    assert [float(edge) for chapter in cut for edge in (chapter.start, chapter.end)] == [0, 90, 90, 186]


def test_several_draws_count_by_their_mean(three_topics: Talk) -> None:
    right, wrong = parted(three_topics, three_topics.borders), parted(three_topics, [])
    one, other, both = (score_talk(draws, three_topics) for draws in ([right], [wrong], [right, wrong]))
    assert one.f1 == 1 and both.f1 == pytest.approx((1 + other.f1) / 2) and both.chapters == 2


# ---- titles


def test_content_words() -> None:
    assert content_words("It's what you'd call the Dogs, and 2 of Rachel’s cats.") == (
        "call",
        "dog",
        "2",
        "rachel",
        "cat",
    )


def test_word_overlap_by_hand() -> None:
    """One of two words of the title is among three true ones: P = 1/2, R = 1/3, F = 2/5."""
    assert word_overlap("Engines explained", "How the engine drives wheels") == pytest.approx(0.4)
    assert word_overlap("", "engine") == 0
    assert word_overlap("engine", "the") is None
    assert word_overlap("dog dog", "dog") == pytest.approx(2 / 3)


def test_tfidf_titles_are_the_words_of_their_chapter_alone(three_topics: Talk) -> None:
    titles = tfidf_titles(three_topics, 2)
    assert all(set(title.casefold().split()) <= set(topic.split()) for title, topic in zip(titles, TOPICS, strict=True))
    assert all(len(title.split()) == 2 for title in titles)
    # A word that all chapters share says nothing of any: it is the last that is taken.
    shared = a_talk([(0, 9, "bread and salt"), (10, 19, "engine and salt and salt")], 0, 10, 20)
    assert tfidf_titles(shared, 1) == ["Bread", "Engine"]


def test_the_tfidf_row_takes_the_best_number_of_words(three_topics: Talk) -> None:
    best = tfidf_row([three_topics]).titles(three_topics)
    others = [tfidf_titles(three_topics, count) for count in range(1, 7)]
    score = [score_titles(titles, three_topics).words for titles in (best, *others)]
    assert score[0] == max(score[1:], key=lambda one: one or 0)


def test_first_words_end_with_a_whole_word(three_topics: Talk) -> None:
    assert first_words(three_topics)[0] == "The bread and the oven."
    long = a_talk([(0, 9, "one " * 40)], 0, 5, 10)
    assert first_words(long)[0] == ("one " * 15).strip()


def test_faults_of_titles_are_counted(three_topics: Talk) -> None:
    score = score_titles(["Baking Bread", "baking  bread", "The history of the"], three_topics)
    assert (score.repeated, score.broken_off, score.too_long, score.empty) == (1, 1, 0, 0)
    assert score.words == pytest.approx((1 + 0 + 0) / 3)
    assert score_titles(["x" * 61, "", "y"], three_topics).too_long == 1


@pytest.mark.parametrize("title", ["Baking the", "Bread and…", "Bread (white", "How to:", "Bread, "])
def test_what_is_broken_off(title: str) -> None:
    assert is_broken_off(title)
    assert not is_broken_off("Bread (white)") and not is_broken_off("What it is made of bread")


def test_meaning_is_asked_only_where_people_gave_a_title() -> None:
    talk = a_talk([(0, 9, "bread"), (10, 19, "engine")], 0, 10, 20, titles=("", "Engines"))
    asked: list[tuple[str, str]] = []

    def likeness(pairs: Sequence[tuple[str, str]]) -> list[float]:
        asked.extend(pairs)
        return [0.5] * len(pairs)

    score = score_titles(["One", "Two"], talk, likeness)
    assert asked == [("Two", "Engines")] and score.likeness == 0.5
