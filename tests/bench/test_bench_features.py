"""The features' benchmark on a few small frames: it compares what it says, and its counts are right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import features
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.lab.bench.footage import frames

SECONDS, HEIGHT = 8, 144


def test_the_footage_is_new_in_every_frame_and_the_same_each_time() -> None:
    pictures = [picture.tobytes() for picture in frames(20, seed=1, height=HEIGHT)]
    assert len(set(pictures)) == 20
    assert pictures[:3] == [picture.tobytes() for picture in frames(3, seed=1, height=HEIGHT)]
    assert pictures[0] != next(iter(frames(1, seed=2, height=HEIGHT))).tobytes()


@pytest.mark.slow
def test_each_comparison_says_what_was_measured(tmp_path: Path) -> None:
    options, footage = BenchOptions(work=tmp_path, pairs=2), replace(features.FOOTAGE, seconds=SECONDS)
    found = {one.name: one for one in features.compare(options, SilentProgress(), footage, HEIGHT)}
    together, plain = found["features/together"], found["features/plain"]
    assert len(together.ratios) == len(plain.ratios) == 2
    alone = [float(together.facts[f"{part} alone, s"]) for part in ("decoding", "encoding")]
    assert np.median(together.rival) == pytest.approx(sum(alone), rel=1e-6)
    assert float(together.facts["processor time, share of the sum"]) > 0.5
    assert together.facts["pictures"] == 2 * SECONDS and together.facts["decoded to"] == "96x96"
    assert together.goal == features.MOST_OF_SUM, "a processor shares its cores"
    # 144 lines are shrunk by another hand to 96 than at once: not the same numbers, the same vectors nearly.
    assert 0 <= float(plain.facts["largest 1 - cosine of their vectors"]) < 0.01
    again, grown = found["features/again"], found["features/grown"]
    assert (again.facts["frames_decoded"], again.facts["frames_encoded"]) == (0, 0)
    assert again.facts["features_from_cache"] == 2 * SECONDS
    assert grown.rival == (2 * SECONDS,) and 0.3 < grown.ratio_median < 0.9
    assert grown.ours[0] + float(grown.facts["features_from_cache"]) == 2 * SECONDS
    measured = found["features/measured"]
    assert len(measured.ratios) == 2 and measured.goal == features.MOST_WITH_MEASURES
    assert 0 < float(measured.facts["statistics alone, processor ms a picture"]) < 50
    assert float(measured.facts["processor time, share of the rival's"]) > 0.5
