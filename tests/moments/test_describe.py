"""Words for segments that somebody else found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cuemark.captions.describe import describe, frame_weights
from cuemark.core.errors import OptionError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.options import MomentOptions, from_preset

SEGMENTS = [(Fraction(0), Fraction(6)), (Fraction(6), Fraction(10)), (Fraction(10), Fraction(19))]


def test_each_segment_is_told_what_is_in_it(pair: Any, three_scenes: FeatureTrack) -> None:
    cat, beach, boat = describe(three_scenes, SEGMENTS, pair.clip.text, pair.lm, from_preset("fast"), SilentProgress())
    assert "cat" in cat.caption and not cat.empty
    assert beach.empty
    assert "boat" in boat.caption and not boat.empty


def test_a_caption_is_found_for_an_empty_segment_too_where_that_is_wanted(
    pair: Any, three_scenes: FeatureTrack
) -> None:
    options = from_preset("fast")
    options = replace(options, segments=replace(options.segments, drop_empty=False))
    told = describe(three_scenes, SEGMENTS, pair.clip.text, pair.lm, options, SilentProgress())
    assert len(told) == 3 and not told[1].empty and told[1].caption


def test_a_segment_between_two_samples_is_described_by_the_nearest(three_scenes: FeatureTrack) -> None:
    weights = frame_weights(three_scenes, [(Fraction(1), Fraction(1) + Fraction(1, 1000))])
    assert float(weights.sum()) == 1.0
    assert abs(three_scenes.seconds[int(weights[0].argmax())] - 1.0) <= 0.5


def test_no_segments_no_words(pair: Any, three_scenes: FeatureTrack) -> None:
    assert describe(three_scenes, [], pair.clip.text, pair.lm, from_preset(), SilentProgress()) == []


def test_options_are_checked(pair: Any, three_scenes: FeatureTrack) -> None:
    wrong = MomentOptions(search=replace(MomentOptions().search, contrast=2.0))
    with pytest.raises(OptionError, match=r"search\.contrast"):
        describe(three_scenes, SEGMENTS, pair.clip.text, pair.lm, wrong, SilentProgress())
