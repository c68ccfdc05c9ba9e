"""Topic segmentation: where in a transcript topics change, with an automatic count.

Chapters are a semi-Markov chain over the places where a sentence begins: a border is worth its log-odds
(`topic_evidence.py`), a length what a log-normal density round the expected one gives it.  Forward and backward sums
give the posterior of a border at every place.  Of the most probable chain alone, a border that is likely somewhere
within ten seconds, but at no single place, would be lost; so borders are chosen by least expected error (minimum Bayes
risk): greedily those near which most of the posterior lies, as long as each raises the expected F1 of near borders.

How many chapters people make of a media of some length is the prior: it fixes the posterior's expected count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.core.transcript import Transcript
from cuemark.segmentation.change_points import ExplicitBorders
from cuemark.segmentation.options import TopicOptions
from cuemark.segmentation.topic_evidence import Array, Places, Vectors, places

#: Human chapters of 277 videos (2 minutes, 5.1 chapters) and 26 podcasts (44 minutes, 13.8): one power of duration.
_COUNT_AT, _COUNT, _COUNT_POWER = 127.0, 5.06, 0.33
#: No chapter is thought longer than so many expected ones; bounds the sums.
_LONGEST = 10.0
_ROUNDS = 12
_NEVER = -1e18
#: A shot changes with the topic where it does so within so many seconds of the sentence's begin.
_SHOT_S = 2.0


@dataclass(frozen=True)
class TopicLimits:
    """The shortest topic in seconds, and the most topics."""

    min_length: Fraction = Fraction(10)
    max_count: int = 100


def expected_count(duration: float) -> float:
    """How many chapters people make of a media of `duration` > 0 seconds, at least 1."""
    return max(1.0, _COUNT * math.exp(_COUNT_POWER * math.log(duration / _COUNT_AT)))


def topic_borders(
    transcript: Transcript,
    vectors: Vectors,
    duration: Fraction,
    options: TopicOptions | None = None,
    shots: Sequence[Fraction] = (),
    count: int | None = None,
    headings: Sequence[Fraction] = (),
    limits: TopicLimits | None = None,
) -> list[Fraction]:
    """The borders between topics, rising, in seconds within (0, duration); none where there is one topic.

    `vectors` are the sentence vectors of the utterances, float32 [n, D].  Each border is where a sentence begins, the
    shot change nearest to that (`shots`, within 2 s), or where a title card or a slide's heading comes on (`headings`).
    There are `count` topics where it is given and so many fit.
    """
    chosen = options or TopicOptions()
    if len(vectors) != len(transcript.utterances):
        raise ValueError("one vector for each utterance")
    within = limits or TopicLimits()
    most = min(count or within.max_count, int(duration / within.min_length))
    if most < 2:
        return []
    usual = count or min(expected_count(float(duration)), most)
    found = _places(
        transcript, vectors, duration, chosen, max(float(duration) / usual, float(within.min_length)), headings
    )
    if len(found.starts) < 2:
        return []
    likely = border_posterior(found, chosen, within.min_length)
    borders = _least_risk(found, likely, chosen, within, most if count else None)
    return aligned(borders, shots, duration, within.min_length)


def _places(
    transcript: Transcript,
    vectors: Vectors,
    duration: Fraction,
    options: TopicOptions,
    expected: float,
    headings: Sequence[Fraction],
) -> Places:
    """The places of a transcript whose utterances may be in any order."""
    order = sorted(range(len(vectors)), key=lambda number: transcript.utterances[number].start)
    utterances = [transcript.utterances[number] for number in order]
    return places(utterances, vectors[order], duration, expected, options, headings)


def border_posterior(found: Places, options: TopicOptions, min_length: Fraction) -> Array:
    """[n]: the probability of a border at each place, 0 at the first; their sum is the expected number of borders."""
    wanted = max(found.duration / found.expected - 1, 0.5)
    lengths = _Lengths(found, options.spread, float(min_length))
    offset, low, high = 0.0, -np.inf, np.inf
    likely = lengths.posterior(found.log_odds)
    for _ in range(_ROUNDS):
        total = float(likely.sum())
        if abs(total - wanted) <= 0.05 * wanted:
            break
        low, high = (offset, high) if total < wanted else (low, offset)
        step = float(np.clip(np.log(wanted / max(total, 1e-6)), -3, 3))
        tried = offset + step
        offset = tried if low < tried < high else (low + high) / 2
        likely = lengths.posterior(found.log_odds + offset)
    return likely


class _Lengths:
    """The log-density of each possible length between two of the places, and the sums over all chains."""

    def __init__(self, found: Places, spread: float, shortest: float) -> None:
        edges = np.append(found.seconds, found.duration)
        self._first = np.searchsorted(edges, edges - _LONGEST * found.expected)
        # What has no sentence for longer than that is still crossed: by the shortest chain there is.
        self._first = np.minimum(self._first, np.maximum(np.arange(len(edges)) - 1, 0))
        self._rows = [
            _density(edges[end] - edges[self._first[end] : end], found.expected, spread, shortest)
            for end in range(len(edges))
        ]

    def posterior(self, log_odds: Array) -> Array:
        """[n]: of a border at each place (Rabiner's forward-backward sums, in logarithms)."""
        count = len(log_odds)
        forward, backward = np.full(count + 1, _NEVER), np.full(count + 1, _NEVER)
        forward[0], backward[count] = 0.0, 0.0
        here = np.append(log_odds, 0.0)
        for end in range(1, count + 1):
            forward[end] = here[end] + _log_sum(forward[self._first[end] : end] + self._rows[end])
        for end in range(count, 0, -1):
            span = slice(self._first[end], end)
            backward[span] = np.logaddexp(backward[span], self._rows[end] + here[end] + backward[end])
        if forward[count] <= _NEVER / 2:
            return np.zeros(count)
        likely: Array = np.exp(np.minimum(forward[:count] + backward[:count] - forward[count], 0))
        likely[0] = 0.0
        return likely


def _density(lengths: Array, expected: float, spread: float, shortest: float) -> Array:
    """Log-normal round the expected length, never under the shortest."""
    logs = np.log(np.maximum(lengths, 1e-6))
    density = -0.5 * ((logs - np.log(expected)) / spread) ** 2 - logs
    return np.where(lengths >= shortest - 1e-9, density, _NEVER)


def _log_sum(values: Array) -> float:
    if len(values) == 0:
        return _NEVER
    top = float(values.max())
    return top if top <= _NEVER / 2 else top + float(np.log(np.exp(values - top).sum()))


def _least_risk(
    found: Places, likely: Array, options: TopicOptions, limits: TopicLimits, count: int | None
) -> list[Fraction]:
    """The borders near which most of the posterior lies, `count` - 1 or as many as raise the expected F1."""
    seconds, left = found.seconds, likely.copy()
    near = min(options.near_s, options.near_share * found.expected)
    low = np.searchsorted(seconds, seconds - near)
    high = np.searchsorted(seconds, seconds + near, "right")
    possible = _apart(found, [Fraction(0), found.end], limits.min_length)
    usual = found.duration / found.expected
    most = (count or min(round(options.surplus * usual), limits.max_count)) - 1
    chosen: list[int] = []
    covered = 0.0
    while len(chosen) < most and possible.any():
        sums = np.concatenate([[0.0], np.cumsum(left)])
        around = sums[high] - sums[low]
        best = int(np.where(possible, around + options.exact * likely, -1.0).argmax())
        mass = min(float(around[best]), 1.0)
        worth = options.thrift * covered / (len(chosen) + usual - 1) if chosen else options.least
        if count is None and mass < worth:
            break
        chosen.append(best)
        covered += mass
        left[low[best] : high[best]] = 0.0
        possible &= _apart(found, [found.starts[best]], limits.min_length) & (np.abs(seconds - seconds[best]) > near)
    return sorted(found.starts[number] for number in chosen)


def _apart(found: Places, others: Sequence[Fraction], least: Fraction) -> NDArray[np.bool_]:
    """Which places are at least `least` seconds from each of the others."""
    return np.array([all(abs(start - other) >= least for other in others) for start in found.starts], bool)


def aligned(
    borders: Sequence[Fraction], shots: Sequence[Fraction], duration: Fraction, least: Fraction
) -> list[Fraction]:
    """Each border at the shot change nearest to it, within 2 s and where no topic gets shorter than `least`."""
    moved = list(borders)
    for number, border in enumerate(moved):
        before = moved[number - 1] if number else Fraction(0)
        after = moved[number + 1] if number + 1 < len(moved) else duration
        near = [shot for shot in shots if abs(shot - border) <= _SHOT_S and shot - before >= least <= after - shot]
        if near:
            moved[number] = min(near, key=lambda shot: (abs(shot - border), shot))
    return moved


def topic_change(
    transcript: Transcript, vectors: Vectors, duration: Fraction, options: TopicOptions | None = None
) -> ExplicitBorders | None:
    """Changes of topic as boundary evidence for moments; None where there is none.

    Each place weighs its log-odds, the posterior's against that of a place drawn by chance, in penalties of a segment:
    at `options.penalty` log-odds a change of topic is worth a segment of its own.  Places less likely than chance are
    left out, what speaks against a border being nothing that pictures need to hear.
    """
    chosen, within = options or TopicOptions(), TopicLimits()
    if len(vectors) < 2 or duration < 2 * within.min_length:
        return None
    expected = max(float(duration) / expected_count(float(duration)), float(within.min_length))
    found = _places(transcript, vectors, duration, chosen, expected, ())
    likely = np.clip(border_posterior(found, chosen, within.min_length), 1e-9, 1 - 1e-9)
    if len(likely) < 2:
        return None
    chance = float(np.clip(likely[1:].mean(), 1e-9, 1 - 1e-9))
    odds = np.log(likely / (1 - likely)) - np.log(chance / (1 - chance))
    kept = [number for number in range(1, len(odds)) if odds[number] > 0]
    if not kept:
        return None
    times, weights = found.seconds[kept].tolist(), (odds[kept] / chosen.penalty).tolist()
    return ExplicitBorders(tuple(times), tuple(weights))
