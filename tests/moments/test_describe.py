"""Words for segments that somebody else found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cuemark.core.errors import OptionError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.find import describe
from cuemark.moments.finder import Description
from cuemark.moments.options import MomentOptions, from_preset
from cuemark.moments.presets import COMPOSITIONS, Compose, keeping_background
from cuemark.segmentation.segments import Interval, interval_weights

SEGMENTS = [(Fraction(0), Fraction(6)), (Fraction(6), Fraction(10)), (Fraction(10), Fraction(19))]


def _described(
    track: FeatureTrack,
    pair: Any,
    segments: list[Interval] = SEGMENTS,
    options: MomentOptions | None = None,
    compose: Compose | None = None,
) -> list[Description]:
    evidence, options = EvidenceBundle(track), options or from_preset("fast")
    return describe(evidence, segments, pair.clip.text, pair.lm, options, SilentProgress(), compose)


def test_each_segment_is_told_what_is_in_it(pair: Any, three_scenes: FeatureTrack) -> None:
    cat, beach, boat = _described(three_scenes, pair)
    assert "cat" in cat.caption and not cat.empty
    assert beach.empty
    assert "boat" in boat.caption and not boat.empty


def test_a_caption_is_found_for_an_empty_segment_too_where_that_is_wanted(
    pair: Any, three_scenes: FeatureTrack
) -> None:
    told = _described(three_scenes, pair, compose=keeping_background(COMPOSITIONS["fast"]))
    assert len(told) == 3 and not told[1].empty and told[1].caption


def test_a_segment_between_two_samples_is_described_by_the_nearest(three_scenes: FeatureTrack) -> None:
    weights = interval_weights(three_scenes, [(Fraction(1), Fraction(1) + Fraction(1, 1000))])
    assert float(weights.sum()) == 1.0
    assert abs(three_scenes.seconds[int(weights[0].argmax())] - 1.0) <= 0.5


def test_no_segments_no_words(pair: Any, three_scenes: FeatureTrack) -> None:
    assert _described(three_scenes, pair, []) == []


def test_options_are_checked(pair: Any, three_scenes: FeatureTrack) -> None:
    wrong = MomentOptions(search=replace(MomentOptions().search, contrast=2.0))
    with pytest.raises(OptionError, match=r"search\.contrast"):
        _described(three_scenes, pair, options=wrong)
