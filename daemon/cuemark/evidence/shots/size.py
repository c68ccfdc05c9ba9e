"""How much a shot shows, close, medium or wide: CLIP's zero-shot classification by the words of film makers.

Only for a CLIP that knows these words, which its text tower tells: phrases for one size must lie nearer to each other
than to those for another.  Where no size is clearly the likeliest, none is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.core.shots import Shot, ShotSize
from cuemark.evidence.frames.track import FeatureTrack

if TYPE_CHECKING:
    from torch import Tensor

Vectors = NDArray[np.float32]

_PHRASES = {
    ShotSize.CLOSE: (
        "a close-up of a face",
        "an extreme close-up shot",
        "a close-up shot of an object filling the frame",
        "a macro shot of small details",
        "a tight head and shoulders shot of a person",
    ),
    ShotSize.MEDIUM: (
        "a medium shot of a person from the waist up",
        "a medium shot of two people talking",
        "a medium close shot of somebody at work",
        "a shot of a person from the knees up",
        "a mid shot of a person in a room",
    ),
    ShotSize.WIDE: (
        "a wide shot of a landscape",
        "a wide establishing shot of a place",
        "a long shot of small people far away",
        "an extreme wide shot",
        "an aerial view of a city from far away",
    ),
}
#: Of the phrases so many must lie nearest to their own size; a likelihood from which on a size is told.
_KNOWN, _SURE = 0.8, 0.55


class TextTower(Protocol):
    """What turns texts into unit vectors [n, D] (models.clip.text_encoder in real life)."""

    @property
    def logit_scale(self) -> float:
        """By which cosines become logits."""

    def encode(self, texts: Sequence[str]) -> Tensor:
        """One vector for each text, in order."""


class ShotSizes:
    """The sizes as one CLIP sees them: `vectors` [3, D], the mean of the phrases of each."""

    def __init__(self, vectors: Vectors, scale: float) -> None:
        self._vectors, self._scale = vectors, scale

    @classmethod
    def of(cls, text: TextTower) -> ShotSizes | None:
        """None for a CLIP that does not know the words."""
        phrases = [phrase for group in _PHRASES.values() for phrase in group]
        vectors = np.asarray(text.encode(phrases).cpu().numpy(), np.float32)
        groups = vectors.reshape(len(_PHRASES), -1, vectors.shape[1])
        if _told_apart(groups) < _KNOWN:
            return None
        means = groups.mean(axis=1)
        return cls(means / np.linalg.norm(means, axis=1, keepdims=True), text.logit_scale)

    def size_of(self, shot: Shot, track: FeatureTrack) -> ShotSize | None:
        """The size of a shot by its sampled frames, of one without any by the nearest; None where it cannot be told."""
        inside = [place for place, time in enumerate(track.times) if shot.start <= time < shot.end]
        middle = (shot.start + shot.end) / 2
        nearest = min(range(len(track)), key=lambda place: abs(track.times[place] - middle))
        logits = self._scale * track.vectors[inside or [nearest]].mean(axis=0) @ self._vectors.T
        odds = np.exp(logits - logits.max())
        best = int(odds.argmax())
        return list(_PHRASES)[best] if odds[best] / odds.sum() >= _SURE else None


def _told_apart(groups: Vectors) -> float:
    """The share of phrases that lie nearest to the others of their own size; 0 where all are the same."""
    centred = groups - groups.mean(axis=(0, 1))
    right = 0
    for size, group in enumerate(centred):
        for place, vector in enumerate(group):
            others = [np.delete(one, place, axis=0) if number == size else one for number, one in enumerate(centred)]
            near = [float(vector @ other.mean(axis=0)) for other in others]
            right += near[size] > max(value for number, value in enumerate(near) if number != size) + 1e-6
    return float(right / (centred.shape[0] * centred.shape[1]))
