"""What chapters are made from: moments clipped to the media, what texts score over time, and which moments are one.

Which moments show the same thing is decided by their texts and by how each text fits the other's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cuemark.captions.language.en import subject
from cuemark.captions.protocols import Scorer
from cuemark.captions.scorer import TextTower
from cuemark.core.analysis import READ, Moment, named_moments
from cuemark.core.text import one_line
from cuemark.segmentation.cells import Array, TimeIntegral, borders
from cuemark.segmentation.segments import Interval, union

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.evidence.bundle import EvidenceBundle

# Two captions of one thing are this close in CLIP's text space; other things of the same kind lie well below.
NEAR_TEXT = 0.9
# By how many logits a caption may fit the other moment's frames worse than that moment's own caption does.
SWAP_MARGIN = 1.5
# A caption that fits one moment's frames this much better than another's does not tell the same of both.
FIT_MARGIN = 6.0


@dataclass(frozen=True)
class ClippedMoment:
    """A moment's part inside the media, never empty; `name` is what people call the moment."""

    start: Fraction
    end: Fraction
    moment: Moment
    name: str

    @property
    def interval(self) -> Interval:
        """[start, end)."""
        return self.start, self.end


def told_by(moment: Moment) -> str:
    """What a moment is about: a heading as it is written, else what its caption names; "" where neither tells."""
    return one_line(moment.caption) if moment.source == READ else subject(moment.caption)


def clipped(moments: Sequence[Moment], duration: Fraction) -> list[ClippedMoment]:
    """The moments cut to [0, duration], in order of start; what lies outside or is empty is left out."""
    cut = (
        ClippedMoment(max(moment.start, Fraction(0)), min(moment.end, duration), moment, name)
        for _, moment, name in named_moments(moments)
    )
    return sorted((one for one in cut if one.start < one.end), key=lambda one: one.interval)


class TimeScores:
    """What texts score at times and over stretches of time, each sample for its cell; and how frames vary over time.

    Of the frames that is CLIP's logit, of the mean frame vector of a stretch.  It is computed in float64 from vectors,
    not with the captions' own scorer: titles that CLIP cannot tell apart are told apart by the last bits.
    """

    def __init__(
        self, evidence: EvidenceBundle, text: TextTower, duration: Fraction, beside: Scorer | None = None
    ) -> None:
        """`beside` scores texts by whatever else is known of the media than its frames; its logits are added."""
        self.duration = float(duration)
        self._text, self._beside = text, beside
        self._edges = borders(evidence.frames.seconds, self.duration)
        self.vectors: Array = np.asarray(evidence.frames.vectors, dtype=np.float64)
        self._integral = TimeIntegral(self.vectors, self._edges)

    def logits(self, texts: Sequence[str]) -> Array:
        """[T, n]: at every sample, of n >= 1 texts."""
        logits: Array = self._text.logit_scale * (self.vectors @ self._encoded(texts).T)
        return logits if self._beside is None else logits + _float64(self._beside.logits(texts))

    def fit(self, texts: Sequence[str], stretches: Sequence[Sequence[Interval]]) -> Array:
        """[k, n]: of n >= 1 texts over each stretch, the mean over its time; a stretch may be of several intervals."""
        means = np.stack([self._integral.mean(stretch) for stretch in stretches])
        fit: Array = self._text.logit_scale * (means @ self._encoded(texts).T)
        if self._beside is None:
            return fit
        others = TimeIntegral(_float64(self._beside.logits(texts)), self._edges)
        return fit + np.stack([others.mean(stretch) for stretch in stretches])

    def similarity(self, texts: Sequence[str]) -> Array:
        """[n, n]: cosines of n >= 1 texts in CLIP's text space."""
        vectors = self._encoded(texts)
        cosines: Array = vectors @ vectors.T
        return cosines

    def integral(self, values: Array, times: Array) -> Array:
        """The integral of values [T, K] of the samples from 0 to each of `times` [n], as [n, K], in value-seconds."""
        return TimeIntegral(values, self._edges).at(times)

    def vector_integral(self, times: Array) -> Array:
        """`integral` of the frame vectors, [n, D]."""
        return self._integral.at(times)

    def _encoded(self, texts: Sequence[str]) -> Array:
        return _float64(self._text.encode(list(texts)).detach().cpu())


def _float64(values: Tensor) -> Array:
    return np.asarray(values.numpy(), dtype=np.float64)


@dataclass(frozen=True)
class Content:
    """Moments that show the same, one text for all of them, and the time they cover together.

    The text is "" for a moment without a caption, which shows what no other does.
    """

    moments: tuple[ClippedMoment, ...]
    text: str
    intervals: tuple[Interval, ...]


def group(moments: Sequence[ClippedMoment], texts: Sequence[str], scores: TimeScores) -> list[Content]:
    """Moments by content, each to the first earlier one it equals; a content need not be contiguous in time.

    `texts` are what the moments say, one each.
    """
    if not moments:
        return []
    # fit[i, j]: the logit of text j over the time of moment i.
    fit, near = scores.fit(texts, [[one.interval] for one in moments]), scores.similarity(texts)

    def same(a: int, b: int) -> bool:
        if READ in (moments[a].moment.source, moments[b].moment.source):  # a heading stands for nothing but itself
            return texts[a].casefold() == texts[b].casefold()
        return _same(a, b, texts, near, fit)

    leaders: dict[int, list[int]] = {}
    for index in range(len(moments)):
        leader = next((other for other in leaders if same(other, index)), index)
        leaders.setdefault(leader, []).append(index)
    contents = []
    for members in leaders.values():
        # The text that fits the frames of all members best speaks for them.
        best = max(members, key=lambda member: float(fit[members, member].mean()))
        chosen = tuple(moments[member] for member in members)
        contents.append(Content(chosen, texts[best], tuple(union(one.interval for one in chosen))))
    return contents


def unnamed(moments: Sequence[ClippedMoment]) -> list[Content]:
    """Those of the moments that have no caption, each as a content of its own."""
    return [Content((one,), "", (one.interval,)) for one in moments if not one_line(one.moment.caption)]


def contents_of(found: Sequence[ClippedMoment], scores: TimeScores) -> list[Content]:
    """What the moments show: first by what they say, then those without a caption."""
    telling = [one for one in found if told_by(one.moment)]
    return [*group(telling, [told_by(one.moment) for one in telling], scores), *unnamed(found)]


def _same(a: int, b: int, texts: Sequence[str], near: Array, fit: Array) -> bool:
    if abs(fit[a, a] - fit[b, a]) > FIT_MARGIN or abs(fit[b, b] - fit[a, b]) > FIT_MARGIN:
        return False
    if texts[a].casefold() == texts[b].casefold():
        return True
    swapped = max(fit[a, a] - fit[a, b], fit[b, b] - fit[b, a])
    return float(near[a, b]) >= NEAR_TEXT and float(swapped) <= SWAP_MARGIN
