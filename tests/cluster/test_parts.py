"""Long footage in parts: where it is cut, and that the parts together are the whole, to the last bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cuemark.cluster.parts import RUN, spans, within
from cuemark.core.media import MediaInfo
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import CHUNK, extract, extract_at
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times
from tests.cluster.homes import write_clip

RATE = Fraction(5)


class Restless:
    """An encoder as a GPU may be one: what else is in a pass, and how many, moves a vector a little."""

    id, batch, dimension = "r" * 64, 64, 4

    def __init__(self) -> None:
        self.passes: list[int] = []

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        return rgb.transpose(2, 0, 1).astype(np.float32)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.passes.append(len(batch))
        means = batch.mean(axis=(2, 3))
        vectors = np.concatenate([means, np.full((len(batch), 1), means.sum() + len(batch))], axis=1)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit.astype(np.float32)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> MediaInfo:
    """A minute and a half, with a keyframe every two seconds."""
    return probe(write_clip(tmp_path_factory.mktemp("long") / "long.mp4", 90, 1), SilentProgress())


def test_the_run_of_a_part_is_that_of_the_cache() -> None:
    assert RUN == CHUNK


def test_parts_begin_at_keyframes_where_whole_runs_of_samples_begin(long: MediaInfo) -> None:
    times = sample_times(long, RATE)
    found = spans(long, times, 30)
    assert long.keyframes is not None
    keyframes = {tick * long.keyframes.base for tick in long.keyframes.ticks()}
    counts = [len(within(times, start, end)) for start, end in found]
    assert len(found) > 3 and sum(counts) == len(times), "every sample is in one part"
    assert all(count % RUN == 0 for count in counts[:-1])
    # Where no keyframe lies between two samples a part begins with its first sample: the runs stay whole.
    assert {start for start, _ in found} <= keyframes | set(times)
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]], "no gap and no overlap"


def test_a_part_begins_at_the_keyframe_between_its_first_sample_and_the_one_before(long: MediaInfo) -> None:
    times = sample_times(long, Fraction(1))
    (_, (start, _)) = spans(long, times, 30)
    assert start == 64 and times[63] < start <= times[64]


@pytest.mark.parametrize("length", [30.0, 10.0, 1.0])
def test_parts_leave_what_the_whole_would_have(long: MediaInfo, length: float, tmp_path: Path) -> None:
    alone, parted = Restless(), Restless()
    whole = extract(VideoFrames(long), alone, RATE, FeatureCache(tmp_path / "whole"), SilentProgress()).track
    cache, times = FeatureCache(tmp_path / "parts"), sample_times(long, RATE)
    pieces = spans(long, times, length)
    for start, end in reversed(pieces):  # workers end in any order
        extract_at(VideoFrames(long), parted, within(times, start, end), cache, SilentProgress())
    joined = extract(VideoFrames(long), parted, RATE, cache, SilentProgress())
    assert joined.from_cache and len(pieces) > 1
    assert sorted(parted.passes) == sorted(alone.passes), "the passes of the parts are those of the whole"
    assert joined.track.vectors.tobytes() == whole.vectors.tobytes()
    assert joined.track.ticks.tobytes() == whole.ticks.tobytes() and joined.track.duration == whole.duration


def test_what_is_not_long_stays_whole(long: MediaInfo) -> None:
    assert spans(long, sample_times(long, RATE), 91) == [(Fraction(0), long.duration)]
