"""The default search of a CLIP that knows words: named moments, merged by what they show, with tags and confidence.

The drawn world's own CLIP is given a small lexicon of the words it was taught, so every part is a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch

from cuemark.captions import guided
from cuemark.captions.context import SearchContext
from cuemark.captions.lexicon import Lexicon, Word
from cuemark.captions.options import GuidedOptions
from cuemark.captions.word_scores import WordScores
from cuemark.captions.word_vectors import WordVectors, prompt_of
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.lab.sample.lexicon import Slots
from cuemark.moments.find import find_moments
from cuemark.moments.finder import MomentSet
from cuemark.moments.options import MomentOptions, from_preset
from cuemark.moments.presets import Compose, composed, lexicon_joint, words_only

Tracks = Callable[[list[tuple[Slots, int]]], FeatureTrack]
_ANIMALS = ("cat", "dog", "bird", "fish", "rabbit")
_OTHERS = ("car", "bus", "bicycle", "airplane", "balloon", "robot", "boat")
WORDS = Lexicon(
    (
        *(Word(name, "thing", True, ("animal",)) for name in _ANIMALS),
        *(Word(name, "thing", True) for name in (*_OTHERS, "animal")),
        *(Word(name, "thing", False) for name in (f"filler {number}" for number in range(60))),
    )
)
OPTIONS = from_preset("fast")


@pytest.fixture(scope="module")
def words(pair: Any) -> WordVectors:
    """The small lexicon as the drawn world's CLIP sees it."""
    vectors = pair.clip.text.encode([prompt_of(word.name, word.kind) for word in WORDS.words]).cpu()
    scale = pair.clip.text.logit_scale
    return WordVectors(WORDS, vectors, torch.zeros(vectors.shape[1]), scale, frozenset(("thing", "scene")))


def _find(
    track: FeatureTrack, pair: Any, words: WordVectors, options: MomentOptions = OPTIONS, compose: Compose = composed
) -> MomentSet:
    return find_moments(EvidenceBundle(track), pair.clip.text, pair.lm, options, SilentProgress(), compose, words=words)


@pytest.fixture(scope="module")
def cat_and_boat(track_of: Tracks) -> FeatureTrack:
    """A cat for 6 s, a boat for 9 s."""
    return track_of([(Slots("kitchen", "cat", "red", "crate"), 18), (Slots("moon", "boat", "yellow", "ring"), 27)])


@pytest.mark.parametrize("compose", [composed, words_only, lexicon_joint])
def test_moments_are_named_by_what_they_show(
    cat_and_boat: FeatureTrack, pair: Any, words: WordVectors, compose: Compose
) -> None:
    moments = _find(cat_and_boat, pair, words, replace(OPTIONS, min_confidence=Fraction(0)), compose).moments
    assert [float(moment.start) for moment in moments] == pytest.approx([0, 6], abs=0.5)
    for moment, name in zip(moments, ("cat", "boat"), strict=True):
        assert name in moment.caption.lower().split()
        assert len(moment.caption.split()) <= 9
        assert name in [tag.word for tag in moment.tags]
        assert 0.5 < moment.score <= 1


def test_no_name_is_tried_right_behind_a_name(cat_and_boat: FeatureTrack, pair: Any, words: WordVectors) -> None:
    """A word of the language model must stand between: "a cat boat" would be a thing of its own."""
    context = SearchContext.of(EvidenceBundle(cat_and_boat), pair.clip.text, pair.lm, SilentProgress(), words)
    scores = WordScores(words, context.vectors, OPTIONS.lexicon)
    weights = torch.ones(1, context.samples)
    search = guided._Search(context, GuidedOptions(), scores.of(weights), scores.targets(weights))
    said = tuple(pair.lm.encode(f"{guided.PROMPT} a cat")[len(pair.lm.encode(guided.PROMPT)) :])
    likely = torch.zeros(1, pair.lm.vocab_size)
    named = guided._Hypothesis(0, said, (), 0.0, 0.0, "cat")
    assert not search._by_lexicon([named], [0], likely)
    assert search._by_lexicon([replace(named, free=True)], [0], likely)


def test_what_is_true_of_both_merges_neighbours(track_of: Tracks, pair: Any, words: WordVectors) -> None:
    track = track_of([(Slots("kitchen", "cat", "red", "crate"), 15), (Slots("moon", "dog", "blue", "ring"), 15)])
    apart = _find(track, pair, words).moments
    broad = replace(OPTIONS, lexicon=replace(OPTIONS.lexicon, broad=1.0, alike=0.2))
    together = _find(track, pair, words, broad).moments
    assert (len(apart), len(together)) == (2, 1)


def test_a_moment_that_is_not_sure_has_tags_and_no_caption(
    cat_and_boat: FeatureTrack, pair: Any, words: WordVectors
) -> None:
    moments = _find(cat_and_boat, pair, words, replace(OPTIONS, min_confidence=Fraction(1))).moments
    assert [moment.caption for moment in moments] == ["", ""]
    assert all(moment.tags for moment in moments)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_wanted_number_is_kept(cat_and_boat: FeatureTrack, pair: Any, words: WordVectors, count: int) -> None:
    assert len(_find(cat_and_boat, pair, words, replace(OPTIONS, moments=count)).moments) == count


def test_the_captioner_of_before_is_there_when_asked_for(
    cat_and_boat: FeatureTrack, pair: Any, words: WordVectors
) -> None:
    moments = _find(cat_and_boat, pair, words, replace(OPTIONS, captioner="beam")).moments
    assert all(moment.caption and not moment.tags for moment in moments)


def test_chances_of_a_word_hold_those_of_all_its_kinds(cat_and_boat: FeatureTrack, words: WordVectors) -> None:
    scores = WordScores(words, torch.from_numpy(cat_and_boat.vectors.copy()), OPTIONS.lexicon)
    weights = torch.zeros(1, len(cat_and_boat.vectors))
    weights[0, :18] = 1
    (found,) = scores.of(weights)
    place = WORDS.place
    animals = sum(float(found.own[place[name]]) for name in (*_ANIMALS, "animal"))
    assert float(found.chances[place["animal"]]) == pytest.approx(animals, abs=1e-5)
    assert float(found.own.sum()) == pytest.approx(1, abs=1e-5)
    assert found.names(1) == [place["cat"]]
