"""Footage from real cameras and encoders, where a checkout has it beside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

FOOTAGE = Path(__file__).parents[3] / "shared" / "media"

pytestmark = pytest.mark.skipif(not FOOTAGE.is_dir(), reason=f"no real footage in {FOOTAGE}")

EXPECTED = {
    "car-detection.mp4": (768, 432, Fraction(25, 2), 30.16, False),
    "fades.mp4": (480, 320, Fraction(25), 10.0, False),
    "music-video.webm": (480, 270, Fraction(30), 44.57, True),
    "one-by-one-person-detection.mp4": (768, 432, Fraction(10), 139.4, False),
    "testvideo.mp4": (1280, 720, Fraction(30000, 1001), 24.02, False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_probe_and_samples(name: str) -> None:
    if not (FOOTAGE / name).exists():
        pytest.skip(f"{name} is not there")
    info = probe(FOOTAGE / name)
    width, height, rate, duration, variable = EXPECTED[name]
    assert (info.width, info.height, info.rate, info.variable_rate) == (width, height, rate, variable)
    assert info.duration == pytest.approx(duration, abs=0.01)
    times = sample_times(info, Fraction(1, 2))
    sampler = VideoFrames(info).at(times, size=(96, 54))
    pictures = [sample.rgb for sample in sampler]
    assert len(pictures) == len(times) and sampler.warnings == ()
    assert np.stack(pictures).std() > 10
