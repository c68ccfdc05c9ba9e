"""What `cuemark bench sampling` claims of its clips is true of small ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import footage, sampling
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

HEIGHT = 144


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of clips for all tests here."""
    return tmp_path_factory.mktemp("clips")


def test_every_rival_is_compared_and_the_pictures_are_the_same(work: Path) -> None:
    pytest.importorskip("scenedetect")
    found = sampling.compare(BenchOptions(work=work, pairs=1), SilentProgress(), HEIGHT)
    assert [comparison.name for comparison in found] == [
        "sampling/long-gop/pyav",
        "sampling/long-gop/opencv",
        "sampling/long-gop/adaptive-detector",
        "sampling/camera/pyav",
        "sampling/camera/opencv",
        "sampling/intra/pyav",
        "sampling/intra/opencv",
    ]
    goals = {comparison.name: comparison.goal for comparison in found if comparison.goal is not None}
    assert goals == {
        "sampling/long-gop/pyav": 0.75,
        "sampling/long-gop/adaptive-detector": 0.5,
        "sampling/camera/pyav": 0.15,
        "sampling/intra/pyav": pytest.approx(1.5 / 25),
    }
    for comparison in found:
        assert comparison.facts["pictures unlike a full decode's"] == 0
        assert comparison.facts["why"]


@pytest.mark.parametrize(
    ("clip", "keyframes", "decoded"),
    [(footage.LONG_GROUPS, 2, 500), (footage.CAMERA, 20, 20), (footage.INTRA, None, 16)],
)
def test_clips_are_coded_as_they_say(work: Path, clip: footage.Clip, keyframes: int | None, decoded: int) -> None:
    path = footage.written(clip, work, 0, SilentProgress(), HEIGHT)
    info = probe(path)
    assert info.height == HEIGHT and info.rate == Fraction(25)
    assert info.duration == Fraction(clip.seconds)
    if keyframes is None:
        assert info.keyframes is None
    else:
        assert info.keyframes is not None and len(info.keyframes.ticks()) >= keyframes
    times = sample_times(info, Fraction(1))
    sampler = sampling._sample(info, times)
    assert len(times) == clip.seconds
    assert sampler.frames_decoded <= decoded
    assert sampling.pyav_decode(path) == sampling.opencv_decode(path) == clip.seconds * 25


def test_a_clip_is_written_once(work: Path) -> None:
    first = footage.written(footage.INTRA, work, 0, SilentProgress(), HEIGHT)
    changed = first.stat().st_mtime_ns
    assert footage.written(footage.INTRA, work, 0, SilentProgress(), HEIGHT) == first
    assert first.stat().st_mtime_ns == changed
    assert not list(work.glob(".*"))
