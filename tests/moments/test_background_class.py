"""When a sentence with "nothing" in it is believed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from cuemark.captions.options import BackgroundOptions
from cuemark.captions.protocols import Sentence
from cuemark.captions.scorer import BackgroundClass, FrameTextScores
from cuemark.evidence.frames.track import FeatureTrack

#: Frames of `three_scenes`: a red cat in the kitchen, an empty beach, a yellow boat on the moon.
CAT, BEACH, BOAT = slice(0, 18), slice(18, 30), slice(30, 57)
PLAIN = Sentence("nothing", "Nothing", -3.0)


def said(caption: str) -> Sentence:
    return Sentence(f"Video of {caption}.", caption, -1.0)


@pytest.fixture
def background(pair: Any, three_scenes: FeatureTrack) -> BackgroundClass:
    scorer = FrameTextScores(torch.from_numpy(three_scenes.vectors.copy()), pair.clip.text)
    return BackgroundClass(scorer, BackgroundOptions().gain)


@pytest.fixture
def moments(three_scenes: FeatureTrack) -> torch.Tensor:
    weights = torch.zeros(3, len(three_scenes.vectors))
    for row, frames in enumerate((CAT, BEACH, BOAT)):
        weights[row, frames] = 1.0
    return weights


def test_an_odd_nothing_before_a_description_is_not_believed(
    background: BackgroundClass, moments: torch.Tensor
) -> None:
    described = said("Nothing a red cat on a crate in the kitchen")
    assert described.empty
    assert background.counts([described], moments)[0] == [False]


def test_an_empty_place_is_believed_where_it_is_empty(background: BackgroundClass, moments: torch.Tensor) -> None:
    counted = background.counts([said("Nothing on the beach"), said("An empty beach")], moments)
    assert counted[1] == [True, True]


def test_a_statement_that_names_nothing_at_all_always_counts(
    background: BackgroundClass, moments: torch.Tensor
) -> None:
    assert background.counts([PLAIN], moments) == [[True]] * 3


def test_frames_with_something_in_them_do_not_look_empty(background: BackgroundClass) -> None:
    """The frame-wise class of emptiness is not raised by a description that begins with "nothing"."""
    honest = [PLAIN, said("Nothing on the beach")]
    misled = [*honest, said("Nothing a red cat on a crate in the kitchen")]
    before, after = background.logits(honest), background.logits(misled)
    assert torch.allclose(before[CAT].mean(), after[CAT].mean(), atol=0.5)
    assert float(after[BEACH].mean()) > float(after[BOAT].mean())


def test_words_of_emptiness_are_taken_out_whole() -> None:
    assert said("Nothing on the beach").without_negation == "Video of on the beach."
    assert said("The Deserted harbour").without_negation == "Video of The harbour."
    assert PLAIN.without_negation is None
    assert said("A red cat").without_negation is None
