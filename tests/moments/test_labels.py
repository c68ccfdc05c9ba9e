"""Where the user's own labels are to be seen, on drawn scenes that the sample pair knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
import torch

from cuemark.core.analysis import Moment
from cuemark.core.label_set import LabelSet, labels_named
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.lab.sample.lexicon import Slots
from cuemark.moments.labels import spot
from cuemark.segmentation.options import MaskOptions

if TYPE_CHECKING:
    from tests.moments.conftest import Pair

RATE = 3
TrackOf = Callable[[list[tuple[Slots, int]]], FeatureTrack]

CAT = Slots("beach", "cat", "red", "umbrella")
DOG = Slots("beach", "dog", "blue", "crate")
BUS = Slots("moon", "bus", "white", "umbrella")
SCENES = [(CAT, 12), (Slots("beach"), 9), (DOG, 12), (BUS, 12), (CAT, 9)]


@pytest.fixture(scope="module")
def track(track_of: TrackOf) -> FeatureTrack:
    """A cat under an umbrella, nothing from 4 s, a dog from 7, a bus under one from 11, the cat again from 15 to 18."""
    return track_of(SCENES)


def found(pair: Pair, track: FeatureTrack, labels: LabelSet, examples: Sequence[torch.Tensor] = ()) -> list[Moment]:
    given = list(examples) or [torch.zeros(0, track.vectors.shape[1])] * len(labels.labels)
    bundle = EvidenceBundle(track)
    return list(spot(bundle, labels, given, pair.clip.text, None, MaskOptions(), SilentProgress()))


def times(moments: Sequence[Moment], name: str) -> list[tuple[Fraction, Fraction]]:
    return [(one.start, one.end) for one in moments if one.caption == name]


def near(spans: list[tuple[Fraction, Fraction]], wanted: list[tuple[int, int]]) -> bool:
    """Whether each border is within a sample of the wanted one."""
    pairs = zip(spans, wanted, strict=True) if len(spans) == len(wanted) else ()
    close = [all(abs(a - b) <= Fraction(1, RATE) for a, b in zip(one, other, strict=True)) for one, other in pairs]
    return bool(close) and all(close)


def test_each_label_is_found_where_it_is_and_labels_may_overlap(pair: Pair, track: FeatureTrack) -> None:
    moments = found(pair, track, labels_named(["cat", "under an umbrella", "dog", "airplane"]))
    assert near(times(moments, "cat"), [(0, 4), (15, 18)])
    assert near(times(moments, "under an umbrella"), [(0, 4), (11, 18)]), "one, though what is under it changes"
    assert near(times(moments, "dog"), [(7, 11)])
    assert times(moments, "airplane") == [], "what is not there is not marked"
    assert [moment.start for moment in moments] == sorted(moment.start for moment in moments)
    for moment in moments:
        assert 0.5 <= moment.score <= 1
        assert moment.mask is not None and len(moment.mask.values) > 1
        assert 0 <= moment.start < moment.end <= track.duration
    assert len({moment.id for moment in moments}) == len(moments)


def test_the_same_footage_gives_the_same_moments(pair: Pair, track: FeatureTrack) -> None:
    labels = labels_named(["cat", "dog"])
    cats = torch.from_numpy(track.vectors[1:4].copy())
    examples = [cats, torch.zeros(0, cats.shape[1])]
    assert found(pair, track, labels, examples) == found(pair, track, labels, examples)


def test_other_words_for_a_label_count_for_it(pair: Pair, track: FeatureTrack) -> None:
    plain = LabelSet.parse("Rex")
    assert not near(times(found(pair, track, plain), "Rex"), [(7, 11)])
    told = LabelSet.parse("Rex\n  also: a dog; a blue dog; a photo of a dog; a dog on a crate")
    assert near(times(found(pair, track, told), "Rex"), [(7, 11)])


def test_what_a_label_is_not_counts_against_it(pair: Pair, track: FeatureTrack) -> None:
    labels = LabelSet.parse("under an umbrella\n  not: a bus; a bus under an umbrella")
    assert near(times(found(pair, track, labels), "under an umbrella"), [(0, 4), (15, 18)])
    of_all = LabelSet.parse("not: a bus under an umbrella\nunder an umbrella\ncat")
    assert near(times(found(pair, track, of_all), "under an umbrella"), [(0, 4), (15, 18)])


def test_a_threshold_is_the_least_confidence(pair: Pair, track: FeatureTrack) -> None:
    def shown(threshold: float | None) -> Fraction:
        moments = found(pair, track, labels_named(["under an umbrella", "boat"], threshold=threshold))
        return sum((moment.end - moment.start for moment in moments), Fraction(0))

    lengths = [shown(threshold) for threshold in (0.001, 0.1, 0.5, 0.9, 0.999)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[2] > lengths[4]
    assert shown(None) == shown(0.5), "auto is as likely as not"


def test_three_frames_teach_what_no_word_says(pair: Pair, track: FeatureTrack, track_of: TrackOf) -> None:
    labels = labels_named(["Whiskers", "dog"])
    assert not near(times(found(pair, track, labels), "Whiskers"), [(0, 4), (15, 18)])
    # From another film of such a cat: other place on the picture, other camera.
    other = track_of([(Slots("snow"), 3), (CAT, 6), (Slots("snow", "cat", "red", "lamp"), 6)])
    examples = torch.from_numpy(other.vectors[[4, 7, 11]].copy())
    taught = found(pair, track, labels, [examples, torch.zeros(0, examples.shape[1])])
    assert near(times(taught, "Whiskers"), [(0, 4), (15, 18)])
    assert near(times(taught, "dog"), [(7, 11)]), "what one label is taught changes nothing for another"


def test_one_sample_is_a_moment_that_can_be_nothing_else(pair: Pair, track_of: TrackOf) -> None:
    track = track_of([(CAT, 1)])
    (moment,) = found(pair, track, labels_named(["cat"]))
    assert (moment.start, moment.end) == (Fraction(0), track.duration)


def test_footage_that_is_all_like_the_examples_is_all_it(pair: Pair, track_of: TrackOf) -> None:
    track = track_of([(CAT, 9)])
    examples = torch.from_numpy(track.vectors[[0, 4, 8]].copy())
    (moment,) = found(pair, track, labels_named(["Whiskers"]), [examples])
    assert (moment.start, moment.end) == (Fraction(0), track.duration)
