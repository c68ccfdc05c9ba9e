"""How much speaks for it that a frame shows what is asked for: logits, from a query's vectors and the frame's.

Of words: the logit of the query less that of a thousand words which the picture might show as well (their log-sum-exp),
so that what fits everything counts for nothing.  Words that mean about the same as the query do not compete with it.
Of an example: how far a frame lies on the way from an ordinary frame of the library to the example itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cuemark.core.search import ScoreCurve

Floats = NDArray[np.float32]
Curve = NDArray[np.float64]

_ALIKE = 0.4
"""A word that is as near to the query, both less the mean of all words, says the same."""
_AT_ONCE = 1024
_CLOSEST = 0.95
"""No ordinary frame counts as nearer to an example than this."""
EXAMPLE_CURVE = ScoreCurve(12.0, -7.0)
"""Of the way to an example, 0 to 1."""


@dataclass(frozen=True, eq=False)
class SeenQuery:
    """A query as one encoder has it: unit vectors [D] of words, of a picture, or of both.

    `background` [K, D] are the vectors of the words that words are held against, None where there are none.
    """

    encoder_id: str
    words: Floats | None
    picture: Floats | None
    logit_scale: float
    background: Floats | None
    curve: ScoreCurve

    @property
    def vectors(self) -> tuple[Floats, ...]:
        """Those there are."""
        return tuple(each for each in (self.words, self.picture) if each is not None)

    @cached_property
    def rivals(self) -> Floats | None:
        """[K', D]: the background words that say something else than the query."""
        if self.words is None or self.background is None or not len(self.background):
            return None
        mean = self.background.mean(axis=0)
        others, own = _directions(self.background - mean), _directions((self.words - mean)[None])[0]
        different: Floats = self.background[others @ own < _ALIKE]
        return different if len(different) else None


@dataclass(frozen=True, eq=False)
class FrameEvidence:
    """The logit [N] of each frame of a media, and that of a frame which shows something else."""

    logits: Curve
    background: float


def evidence_of(
    query: SeenQuery, vectors: NDArray[np.float16], weighed: NDArray[np.intp], typical: float
) -> FrameEvidence:
    """The evidence of frames [N, D]; frames that are not finite have none.

    Those of `weighed` are held against each background word, the others against what these came to on the mean.
    `typical` is the cosine of the query's picture with an ordinary frame.
    """
    told: list[FrameEvidence] = []
    if query.words is not None:
        told.append(_of_words(query, query.words, vectors, weighed))
    if query.picture is not None:
        told.append(_of_picture(query.picture, vectors, typical))
    logits = np.mean([each.logits for each in told], axis=0)
    background = float(np.mean([each.background for each in told]))
    return FrameEvidence(np.where(np.isfinite(logits), logits, background), background)


def _of_words(
    query: SeenQuery, words: Floats, vectors: NDArray[np.float16], weighed: NDArray[np.intp]
) -> FrameEvidence:
    own = query.logit_scale * _products(vectors, words[None])[:, 0]
    if query.rivals is None:
        others, usual = np.full(len(own), np.nanmean(own) + np.log(1000)), float(np.nanmean(own))
    else:
        some = vectors[weighed]
        sums, middles = zip(*(_rivals(query, part) for part in _parts(some)), strict=True)
        sum_of, middle = np.concatenate(sums), np.concatenate(middles)
        others = np.full(len(own), np.nanmean(sum_of))
        others[weighed], usual = sum_of, float(np.nanmean(middle))
    slope, offset = query.curve.slope, query.curve.offset
    return FrameEvidence(slope * (own - others) + offset, slope * (usual - float(np.nanmean(others))) + offset)


def _rivals(query: SeenQuery, vectors: NDArray[np.float16]) -> tuple[Curve, Curve]:
    """For each frame the log-sum-exp of the other words' logits, and the median of them."""
    assert query.rivals is not None
    logits = query.logit_scale * _products(vectors, query.rivals)
    most = logits.max(axis=1)
    return most + np.log(np.exp(logits - most[:, None]).sum(axis=1)), np.median(logits, axis=1)


def _of_picture(picture: Floats, vectors: NDArray[np.float16], typical: float) -> FrameEvidence:
    typical = min(typical, _CLOSEST)
    way = (_products(vectors, picture[None])[:, 0] - typical) / (1 - typical)
    return FrameEvidence(EXAMPLE_CURVE.slope * way + EXAMPLE_CURVE.offset, EXAMPLE_CURVE.offset)


def _products(vectors: NDArray[np.float16], others: Floats) -> Curve:
    with np.errstate(invalid="ignore"):
        found = np.concatenate([part.astype(np.float32) @ others.T for part in _parts(vectors)])
    return found.astype(np.float64)


def _parts(vectors: NDArray[np.float16]) -> list[NDArray[np.float16]]:
    return [vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE)]


def _directions(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
