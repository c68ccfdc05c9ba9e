"""Image statistics of the sampled frames: kept with the track, and taken again where an entry lacks them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames import track_store
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import CHUNK, extract
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

Ramp = Callable[..., Path]


def test_the_measures_of_a_track_are_those_of_its_pictures(ramp: Ramp, encoder: Any, cache: FeatureCache) -> None:
    frames = VideoFrames(probe(ramp(100)))
    track = extract(frames, encoder, Fraction(5), cache, SilentProgress()).track
    measures = track.measures
    assert measures is not None and len(measures) == len(track) == 20
    alone = [measure(frame.rgb) for frame in frames.at(track.times)]
    assert np.array_equal(measures.values, np.stack([one.values for one in alone]))
    assert np.array_equal(measures.thumbnails, np.stack([one.thumbnail for one in alone]))
    assert np.all(np.diff(measures["brightness"]) > 0)  # every picture of the ramp is brighter than the last


def test_they_come_from_the_cache_with_the_vectors(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    frames, heard = VideoFrames(probe(ramp(100))), listener()
    first = extract(frames, encoder, Fraction(5), cache, SilentProgress()).track
    again = extract(frames, encoder, Fraction(5), cache, heard)
    assert again.from_cache and "frames_decoded" not in heard.counts
    assert first.measures is not None and again.track.measures is not None
    assert np.array_equal(first.measures.values, again.track.measures.values)
    sparser = extract(frames, encoder, Fraction(5, 3), cache, heard)
    assert sparser.from_cache and sparser.track.measures is not None


def test_what_a_killed_run_measured_is_not_measured_again(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    frames, heard = VideoFrames(probe(ramp(200))), listener()
    with pytest.raises(JobCancelled):
        extract(frames, encoder, Fraction(25), cache, listener(CHUNK + 30, JobCancelled()))
    seen: list[int] = []

    def counting(rgb: Any) -> Any:
        seen.append(1)
        return measure(rgb)

    track = extract(frames, encoder, Fraction(25), cache, heard, counting).track
    assert len(seen) == len(track) - CHUNK == 200 - CHUNK
    assert track.measures is not None


@pytest.mark.parametrize("rate", [Fraction(5), Fraction(5, 3)])
def test_vectors_kept_without_measures_are_not_computed_again(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache, rate: Fraction
) -> None:
    frames, heard = VideoFrames(probe(ramp(100))), listener()
    old = extract(frames, encoder, Fraction(5), cache, SilentProgress(), None).track
    assert old.measures is None
    result = extract(frames, encoder, rate, cache, heard)
    assert "frames_encoded" not in heard.counts and "frames_equal" not in heard.counts
    assert result.track.measures is not None
    assert np.array_equal(result.track.vectors, old.vectors[1::3] if rate < 5 else old.vectors)
    assert extract(frames, encoder, rate, cache, SilentProgress()).from_cache


def test_measures_of_another_version_are_taken_again(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, heard = VideoFrames(probe(ramp(100))), listener()
    with monkeypatch.context() as earlier:
        earlier.setattr(track_store, "_VALUES", "measures_0")
        extract(frames, encoder, Fraction(5), cache, SilentProgress())
    track = extract(frames, encoder, Fraction(5), cache, heard).track
    assert track.measures is not None and "frames_encoded" not in heard.counts


def test_measures_that_do_not_fit_a_track_are_refused() -> None:
    one = measure(np.zeros((54, 96, 3), np.uint8))
    measures = FrameMeasures.of([one, one])
    assert measures is not None
    vectors = np.tile(np.array([1, 0], np.float32), (3, 1))
    with pytest.raises(ValueError, match="do not fit"):
        FeatureTrack(np.arange(3), 1, vectors, Fraction(4), "e", measures)
    assert FrameMeasures.of([one, None]) is None
    with pytest.raises(KeyError):
        measures["none of them"]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 1), (1, 2), (2, 2), (2, 300)])
def test_a_picture_one_pixel_high_or_wide_has_measures(size: tuple[int, int]) -> None:
    drawn = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    found = measure(drawn)
    assert np.isfinite(found.values).all() and min(found.thumbnail.shape) >= 2
