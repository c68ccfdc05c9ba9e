"""What a search finds on one ground, and what becomes of findings of several grounds in the same place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.search import Ground, Why

TOGETHER = Fraction(1, 2)
"""Findings are one where they share so much of the shorter of them."""


@dataclass(frozen=True)
class Finding:
    """A segment [start, end) of the media of that number, and why; `score` is the probability that it is right.

    `best` is the time that shows it best, `sample` the frame of the encoder's track there (None: found by words).
    """

    number: int
    start: Fraction
    end: Fraction
    best: Fraction
    score: float
    why: tuple[Why, ...]
    sample: int | None = None
    encoder_id: str = ""

    @property
    def grounds(self) -> frozenset[Ground]:
        """By what it was found."""
        return frozenset(why.ground for why in self.why)


def fused(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in one place as one, best first.

    Two grounds are two witnesses: either alone may be wrong, and the chance that both are is the product (noisy or).
    Of one ground the surer finding stays.  The segment is that of the surest.
    """
    by_media: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_order):
        places = by_media[finding.number]
        for place, other in enumerate(places):
            if _share(finding, other) >= TOGETHER:
                places[place] = _joined(other, finding)
                break
        else:
            places.append(finding)
    return sorted((one for places in by_media.values() for one in places), key=_order)


def apart(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one ground, best first, without those that a better one covers to a large part."""
    kept: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_order):
        if all(_share(finding, other) < TOGETHER for other in kept[finding.number]):
            kept[finding.number].append(finding)
            yield finding


def _order(finding: Finding) -> tuple[float, int, Fraction]:
    return -finding.score, finding.number, finding.start


def _share(one: Finding, other: Finding) -> Fraction:
    """How much of the shorter lies in the other."""
    both = min(one.end, other.end) - max(one.start, other.start)
    shorter = min(one.end - one.start, other.end - other.start)
    return both / shorter if shorter > 0 else Fraction(int(both >= 0))


def _joined(better: Finding, other: Finding) -> Finding:
    """A finding with what another adds to it."""
    news = tuple(why for why in other.why if why.ground not in better.grounds)
    if not news:
        return better
    doubt = 1 - better.score
    for each in news:
        doubt *= 1 - each.score
    why = tuple(sorted((*better.why, *news), key=lambda one: -one.score))
    sample, encoder_id = (better.sample, better.encoder_id)
    if sample is None:
        sample, encoder_id = other.sample, other.encoder_id
    best = other.best if better.sample is None and other.sample is not None else better.best
    return Finding(better.number, better.start, better.end, _within(best, better), 1 - doubt, why, sample, encoder_id)


def _within(time: Fraction, finding: Finding) -> Fraction:
    return time if finding.start <= time < finding.end else finding.best
