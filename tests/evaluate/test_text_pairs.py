"""Which captions are held against which, CIDEr and SODA by hand, and their agreement with pycocoevalcap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.caption_scores import TextScore, junk, pairs_at, score_text
from cuemark.lab.evaluate.java_metrics import Meteor
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.text_metrics import NO_JAVA, Pair, TextMetrics, simple_words, text_metrics
from cuemark.lab.evaluate.truth import TrueEvent, TrueVideo

VOCABULARY = ["a", "red", "blue", "cat", "dog", "on", "the", "beach", "moon"]
words = st.lists(st.sampled_from(VOCABULARY), max_size=6).map(" ".join)
pairs = st.lists(st.builds(Pair, words, st.lists(words, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=5)


class SharedWords:
    """In METEOR's place: the share of the candidate's words that the first reference holds; not symmetric."""

    def score(self, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[float, list[float]]:
        each = [self._share(candidate.split(), references[0].split()) for candidate, references in pairs]
        return (sum(each) / len(each) if each else 0.0), each

    def _share(self, candidate: list[str], reference: list[str]) -> float:
        return sum(word in reference for word in candidate) / len(candidate) if candidate else 0.0


@pytest.fixture
def plain() -> TextMetrics:
    """Without Java."""
    return TextMetrics(simple_words, None)


@pytest.fixture
def shared() -> TextMetrics:
    """With a METEOR whose scores can be worked out by hand."""
    return TextMetrics(simple_words, cast(Meteor, SharedWords()))


def video(*references: Sequence[tuple[int, int, str]]) -> TrueVideo:
    """A video with one list of events (start, end, captions split at |) for each annotator."""
    annotators = tuple(
        tuple(TrueEvent(Fraction(start), Fraction(end), tuple(text.split("|"))) for start, end, text in events)
        for events in references
    )
    return TrueVideo("v", Path("v.mp4"), annotators)


def found(start: int, end: int, caption: str) -> Found:
    return Found(Fraction(start), Fraction(end), caption)


def test_a_moment_is_paired_with_every_event_of_every_annotator_that_it_meets() -> None:
    truth = video([(0, 10, "one|uno"), (10, 20, "two")], [(0, 5, "half")])
    moments = [found(0, 10, "x"), found(30, 40, "y")]
    # tIoU 1 with "one", 1/2 with "half", which reaches 0.5 and not 0.7.
    assert pairs_at(truth, moments, 0.5) == [
        Pair("x", ("one", "uno")),
        Pair("x", ("half",)),
        Pair("y", (junk("v 1"),)),
    ]
    assert pairs_at(truth, moments, 0.7)[:1] == [Pair("x", ("one", "uno"))]
    assert len(pairs_at(truth, moments, 0.7)) == 2
    assert pairs_at(truth, [], 0.5) == []


@given(st.text())
def test_junk_is_ten_to_twenty_letters_and_always_the_same(seed: str) -> None:
    assert 10 <= len(junk(seed)) <= 20 and junk(seed).isalpha() and junk(seed).islower()
    assert junk(seed) == junk(seed)


def test_cider_of_a_single_pair_is_zero(plain: TextMetrics) -> None:
    assert plain.cider([Pair("a red cat on the beach", ("a red cat on the beach",))]) == 0
    assert plain.cider([]) == 0
    assert plain.cider_each([Pair("a cat", ("",)), Pair("", ("",))]) == [0, 0]


def test_cider_by_hand(plain: TextMetrics) -> None:
    """Two pairs without a word in common: every n-gram weighs ln 2, which cancels.

    "k l m n" said twice is 10.  "a b" for "a b c d": cosine 2 / (sqrt 2 * sqrt 4) of words, 1 / sqrt 3 of word pairs,
    0 and 0; 1 word pair instead of 3 costs exp(-2^2 / (2 * 6^2)).
    """
    short = 10 * (2 / math.sqrt(8) + 1 / math.sqrt(3)) / 4 * math.exp(-4 / 72)
    asked = [Pair("k l m n", ("k l m n",)), Pair("a b", ("a b c d",))]
    assert plain.cider_each(asked) == pytest.approx([10, short])
    assert plain.cider(asked) == pytest.approx((10 + short) / 2)


@given(pairs)
def test_cider_is_what_pycocoevalcap_says(asked: list[Pair]) -> None:
    from pycocoevalcap.cider.cider import Cider

    truth = {number: list(pair.references) for number, pair in enumerate(asked)}
    said = {number: [pair.candidate] for number, pair in enumerate(asked)}
    if any(reference for references in truth.values() for reference in references):
        mean, each = Cider().compute_score(truth, said)
        assert TextMetrics(simple_words, None).cider(asked) == pytest.approx(mean)
        assert TextMetrics(simple_words, None).cider_each(asked) == pytest.approx(list(each))


def test_simple_words() -> None:
    assert simple_words(["A red cat, isn't it?", "  ÉTOILE-x 2\n", "..."]) == ["a red cat isn't it", "étoile x 2", ""]


def test_a_video_by_hand(shared: TextMetrics) -> None:
    """One event, one moment with tIoU 0.6: a pair at 0.3 and 0.5, junk at 0.7 and 0.9.

    The moment says 4 words of which the event has 2; of the event's 3 words the moment has 2.  METEOR asks the first
    way round, (2/4 + 2/4 + 0 + 0) / 4; SODA the other, 0.6 * 2/3 over one moment and one event.
    """
    score = score_text(video([(0, 10, "red cat here")]), [found(0, 6, "red cat far away")], shared)
    assert score is not None
    assert score.meteor == pytest.approx(0.25)
    assert score.soda_c == pytest.approx(0.4)
    assert (score.cider, score.soda_cider) == (0, 0)  # single pairs


def test_of_several_captions_the_best_counts_and_annotators_are_averaged(shared: TextMetrics) -> None:
    truth = video([(0, 10, "blue dog|red cat")], [(0, 10, "blue"), (10, 20, "red")])
    score = score_text(truth, [found(0, 10, "red cat")], shared)
    # First annotator: 1 * 2/2.  Second: words of "blue" 0, and "red" is elsewhere: 0.
    assert score is not None and score.soda_c == pytest.approx((1 + 0) / 2)


def test_soda_with_cider_weighs_words_by_the_found_captions(plain: TextMetrics) -> None:
    """Two moments, two events, all met and said exactly: CIDEr of each true caption over the two moments is 10 or 0."""
    truth = video([(0, 10, "a b c d"), (10, 20, "k l m n")])
    moments = [found(0, 10, "a b c d"), found(10, 20, "k l m n")]
    score = score_text(truth, moments, plain)
    assert score is not None and score.soda_cider == pytest.approx(10)
    assert score.soda_c is None and score.meteor is None
    # Said the other way round nothing fits, although every place is right.
    crossed = [found(0, 10, "k l m n"), found(10, 20, "a b c d")]
    wrong = score_text(truth, crossed, plain)
    assert wrong is not None and wrong.soda_cider == 0 and wrong.cider == 0


def test_nothing_found_is_zero_and_no_true_captions_no_score(shared: TextMetrics, plain: TextMetrics) -> None:
    assert score_text(video([(0, 10, "a cat")]), [], shared) == TextScore(0, 0, 0, 0)
    assert score_text(video([(0, 10, "a cat")]), [], plain) == TextScore(None, 0, None, 0)
    uncaptioned = TrueVideo("v", Path("v"), ((TrueEvent(Fraction(0), Fraction(1), ()),),))
    assert score_text(uncaptioned, [found(0, 1, "a cat")], shared) is None
    empty = score_text(video([(0, 10, "a cat")]), [found(0, 10, "")], shared)
    assert empty == TextScore(0, 0, 0, 0)


def test_without_java_the_report_is_told() -> None:
    with text_metrics(None) as text:
        assert not text.has_meteor and text.meteor([Pair("a", ("a",))]) is None
        assert text.notes == (NO_JAVA,)
        assert "METEOR and SODA_c are left out" in NO_JAVA


def test_texts_are_tokenised_once() -> None:
    asked: list[str] = []

    def tokenise(texts: Sequence[str]) -> list[str]:
        asked.extend(texts)
        return list(texts)

    text = TextMetrics(tokenise, None)
    text.prepare(["b", "a", "b"])
    text.cider([Pair("a", ("b",)), Pair("c", ("a",))])
    assert asked == ["a", "b", "c"]
