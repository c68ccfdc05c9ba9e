"""The sample pair, and tracks of scenes it can read."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cuemark.captions.context import SearchContext
from cuemark.core.progress import Progress, SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.scene import add_actor, background, cast, grain, random_camera, shoot
from cuemark.lab.sample.train import WEIGHTS
from cuemark.models.clip.clip import ClipModel, load_clip
from cuemark.models.lm.lm import LanguageModel, load_lm

RATE = 3


@dataclass(frozen=True)
class Pair:
    """A CLIP and a language model."""

    clip: ClipModel
    lm: LanguageModel

    def context(self, track: FeatureTrack, progress: Progress | None = None) -> SearchContext:
        """A search over a track with these."""
        return SearchContext.of(EvidenceBundle(track), self.clip.text, self.lm, progress or SilentProgress())


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The shipped sample models, for real."""
    return Pair(load_clip(WEIGHTS / "clip", tmp_path_factory.mktemp("onnx")), load_lm(WEIGHTS / "lm"))


def scene_track(pair: Pair, scenes: list[tuple[Slots, int]], seed: int = 3) -> FeatureTrack:
    """A track at RATE frames a second: each scene (perhaps empty) for so many frames, with grain and idle motion."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    images = []
    for slots, length in scenes:
        canvas = background(slots, rng)
        actor = None if slots.empty else cast(slots, rng)
        camera = random_camera(rng, actor)
        for frame in range(length):
            seen = shoot(canvas if actor is None else add_actor(canvas, actor, frame / RATE), camera)
            images.append(pair.clip.image.preprocess(grain(seen, 4, 1.0, noise)))
    vectors = pair.clip.image.encode(np.stack(images))
    ticks = (np.arange(len(images)) * 1000 + 500) // RATE
    return FeatureTrack(ticks.astype(np.int64), 1000, vectors, Fraction(len(images), RATE), pair.clip.id)


Scenes = list[tuple[Slots, int]]


@pytest.fixture(scope="session")
def track_of(pair: Pair) -> Callable[[Scenes], FeatureTrack]:
    """`scene_track` for the tests of this folder."""
    return lambda scenes: scene_track(pair, scenes)


@pytest.fixture(scope="session")
def three_scenes(pair: Pair) -> FeatureTrack:
    """A cat for 6 s, an empty beach for 4 s, a boat for 9 s."""
    return scene_track(
        pair,
        [
            (Slots("kitchen", "cat", "red", "crate"), 18),
            (Slots("beach"), 12),
            (Slots("moon", "boat", "yellow", "ring"), 27),
        ],
    )


@pytest.fixture(scope="session")
def weights() -> Path:
    """Where the shipped models are."""
    return WEIGHTS
