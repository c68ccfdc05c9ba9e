"""Tags of shots: which words of the lexicon are true of each, by the same scores as those of moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cuemark.core.analysis import Tag
from cuemark.core.progress import Progress
from cuemark.core.shots import Shot
from cuemark.evidence.frames.track import FeatureTrack

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.captions.word_vectors import WordVectors
    from cuemark.evidence.shots.size import ShotSizes, TextTower

MOST = 5
_AT_ONCE = 128
"""Shots scored together: each takes a number for every word of the lexicon."""


def sizes_of(words: WordVectors | None, text: TextTower) -> ShotSizes | None:
    """The sizes of shots as a CLIP sees them, where it knows words for how things look."""
    from cuemark.evidence.shots.size import ShotSizes

    return ShotSizes.of(text) if words is not None and "attribute" in words.kinds else None


def tagged(shots: Sequence[Shot], track: FeatureTrack, words: WordVectors, progress: Progress) -> tuple[Shot, ...]:
    """The shots with the words that are true of their pictures, best first.  Stage "tags" in "shots"."""
    import torch

    from cuemark.captions.options import LexiconOptions
    from cuemark.captions.word_scores import WordScores

    options = LexiconOptions()
    scores = WordScores(words, torch.from_numpy(track.vectors.copy()), options)
    sure, found = words.calibration.probability, []
    for start in range(0, len(shots), _AT_ONCE):
        part = shots[start : start + _AT_ONCE]
        progress.update("tags", start, len(shots), "shots")
        for shot, chances in zip(part, scores.of(_weights(part, track)), strict=True):
            tags = [Tag(one.name, round(sure(one.chance), 4)) for one in chances.tags(MOST, options.tag_chance)]
            found.append(replace(shot, tags=tuple(tags)))
    progress.update("tags", len(shots), len(shots), "shots")
    return tuple(found)


def _weights(shots: Sequence[Shot], track: FeatureTrack) -> Tensor:
    """[N, T]: 1 for the samples in each shot; for one that is shorter than their distance the nearest sample."""
    import torch

    weights = torch.zeros(len(shots), len(track))
    for row, shot in enumerate(shots):
        inside = [place for place, time in enumerate(track.times) if shot.start <= time < shot.end]
        middle = (shot.start + shot.end) / 2
        nearest = min(range(len(track)), key=lambda place: abs(track.times[place] - middle))
        weights[row, inside or [nearest]] = 1
    return weights
