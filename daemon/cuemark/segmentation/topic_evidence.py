"""What speaks for a change of topic where a sentence begins: contrast of meaning, turns of speakers, pauses, headings.

Each is a term in log-odds.  Contrast is the one of TextTiling and TreeSeg, on sentence vectors: how far what is said
in a window before a place is from what is said after it.  Windows go with the length that chapters of the media are
expected to have, so that the same weights hold for a clip of two minutes and a talk of two hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cuemark.core.transcript import Utterance
from cuemark.segmentation.options import TopicOptions

Array = NDArray[np.float64]
Vectors = NDArray[np.float32]

#: Windows of the contrast, as shares of the expected chapter, none under 5 s.
_WINDOWS = (1 / 3, 2 / 3)
_SHORTEST_WINDOW_S = 5.0
_LONGEST_PAUSE_S = 20.0
#: Of a transcript in which at least this share of utterances ends like a sentence, the others are parts of sentences.
_PUNCTUATED = 0.3
_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।", "۔", ":", ";")
_CLOSING = "\"'”’»)]*_ "
_BREAK_S = 1.0
#: Times of whole turns that were spread over their sentences: equal seconds a character, to the rounding of times.
_ROUNDING_S = 0.011
_MANY_TURNS = 0.75
_FEWEST_FOR_TURNS = 8
#: Candidates kept to one expected chapter; more differ by less than anybody sees.
_CANDIDATES = 40


@dataclass(frozen=True)
class Places:
    """Where a chapter may begin: n times in seconds, the first 0, and the log-odds of a change of topic at each.

    `starts` are the same times exactly, `end` that of the media; a chapter is expected to last `expected` seconds.
    """

    starts: tuple[Fraction, ...]
    log_odds: Array
    end: Fraction
    expected: float

    @property
    def duration(self) -> float:
        """Seconds of the media."""
        return float(self.end)

    @property
    def seconds(self) -> Array:
        """[n], rising."""
        return np.array([float(start) for start in self.starts])


def places(
    utterances: Sequence[Utterance],
    vectors: Vectors,
    duration: Fraction,
    expected: float,
    options: TopicOptions,
    headings: Sequence[Fraction] = (),
) -> Places:
    """The places of n >= 0 utterances in order of start, with unit vectors [n, D]; headings are places of their own."""
    starts = np.array([float(one.start) for one in utterances])
    weight = np.array([max(len(one.text), 1) for one in utterances], np.float64)
    odds = np.zeros(len(utterances))
    for share in _WINDOWS:
        window = max(share * expected, _SHORTEST_WINDOW_S)
        found = _standard(contrast(starts, weight, vectors, window))
        odds += options.contrast * found + options.peak * (found - _highest_near(starts, found, window / 2))
    odds += options.turn * turns(utterances) + options.pause * np.log1p(pauses(utterances))
    at: dict[Fraction, float] = {}
    for one, value, begins in zip(utterances, odds.tolist(), sentence_begins(utterances), strict=True):
        if begins and 0 < one.start < duration:
            at[one.start] = max(value, at.get(one.start, -np.inf))
    ground = float(np.median(list(at.values()))) if at else 0.0
    for heading in headings:
        if 0 < heading < duration:
            at[heading] = max(at.get(heading, ground), ground) + options.title_card
    kept = _thinned(at, expected)
    return Places((Fraction(0), *kept), np.array([0.0, *(at[one] for one in kept)]), duration, expected)


def _thinned(at: dict[Fraction, float], expected: float) -> list[Fraction]:
    """The likeliest time of each fortieth of an expected chapter: bounds the search for talks of any length."""
    best: dict[int, Fraction] = {}
    for time in sorted(at):
        cell = int(float(time) * _CANDIDATES / expected)
        if cell not in best or at[time] > at[best[cell]]:
            best[cell] = time
    return sorted(best.values())


def contrast(starts: Array, weight: Array, vectors: Vectors, window: float) -> Array:
    """[n]: one less the cosine of the mean vectors of the `window` seconds before and after each start; 0 at the first.

    Vectors are taken from the mean of the talk, which is in all of it and tells nothing apart; longer sentences weigh
    more.
    """
    count = len(starts)
    if count < 2:
        return np.zeros(count)
    centred = vectors - (vectors * weight[:, None]).sum(axis=0) / weight.sum()
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(centred * weight[:, None], axis=0)])
    here = np.arange(count)
    low = np.minimum(np.searchsorted(starts, starts - window), np.maximum(here - 1, 0))
    high = np.maximum(np.searchsorted(starts, starts + window), here + 1)
    before, after = _unit(sums[here] - sums[low]), _unit(sums[high] - sums[here])
    found: Array = 1 - (before * after).sum(axis=1)
    found[0] = 0.0
    return found


def _unit(rows: Array) -> Array:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Array = rows / np.where(norms > 1e-9, norms, 1)
    return unit


def _standard(values: Array) -> Array:
    """In standard deviations from the mean of all but the first; zeros where nothing varies."""
    if len(values) < 3:
        return np.zeros(len(values))
    spread = float(values[1:].std())
    standard: Array = (values - values[1:].mean()) / spread if spread > 1e-6 else np.zeros(len(values))
    return standard


def _highest_near(starts: Array, values: Array, reach: float) -> Array:
    """[n]: the highest value within `reach` seconds of each start."""
    low = np.searchsorted(starts, starts - reach)
    high = np.searchsorted(starts, starts + reach, "right")
    return np.array([values[first:last].max() for first, last in zip(low, high, strict=True)])


def pauses(utterances: Sequence[Utterance]) -> Array:
    """[n]: seconds of silence before each utterance, at most 20; 0 before the first."""
    silence, last = [], utterances[0].start if utterances else Fraction(0)
    for one in utterances:
        silence.append(min(max(float(one.start - last), 0.0), _LONGEST_PAUSE_S))
        last = max(last, one.end)
    return np.array(silence)


def turns(utterances: Sequence[Utterance]) -> Array:
    """[n]: 1 where somebody begins to speak after another, as far as it is known; else 0.

    It is known where speakers are told apart.  Of transcripts whose turns alone were timed, each turn's time was spread
    evenly over its text: sentences of one turn take the same seconds a character, the next turn's do not.
    """
    count = len(utterances)
    if len({one.speaker for one in utterances if one.speaker}) > 1:
        names = [one.speaker for one in utterances]
        return np.array([0.0, *(float(one != other) for one, other in pairwise(names))])
    if count < _FEWEST_FOR_TURNS:
        return np.zeros(count)
    begins = np.ones(count)
    for number in range(1, count):
        begins[number] = not _one_pace(utterances[number - 1], utterances[number])
    # Where nearly each sentence has a pace of its own, sentences were timed, and no turn is known.
    return begins if begins.mean() < _MANY_TURNS else np.zeros(count)


def _one_pace(one: Utterance, other: Utterance) -> bool:
    """Whether two utterances touch and take the same seconds a character."""
    if abs(other.start - one.end) > _ROUNDING_S:
        return False
    sizes = len(one.text), len(other.text)
    differ = float(other.end - other.start) * sizes[0] - float(one.end - one.start) * sizes[1]
    return abs(differ) <= _ROUNDING_S * sum(sizes)


def sentence_begins(utterances: Sequence[Utterance]) -> list[bool]:
    """Whether each utterance begins a sentence, as far as punctuation and pauses tell; all where neither does."""
    ends = [one.text.rstrip(_CLOSING).endswith(_ENDS) for one in utterances]
    if sum(ends) < _PUNCTUATED * len(ends):
        return [True] * len(ends)
    silence = pauses(utterances)
    return [True, *(end or silence[number] >= _BREAK_S for number, end in enumerate(ends[:-1], 1))][: len(ends)]
