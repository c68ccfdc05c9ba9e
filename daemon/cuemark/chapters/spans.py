"""Moments as spans inside the media, and the stretches no moment covers.  Exact times throughout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.analysis import Moment

Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Span:
    """A moment's part inside the media; never empty."""

    start: Fraction
    end: Fraction
    moment: Moment


def spans_of(moments: Sequence[Moment], duration: Fraction) -> list[Span]:
    """The moments cut to [0, duration], in order of start; what lies outside or is empty is left out."""
    cut = (Span(max(moment.start, Fraction(0)), min(moment.end, duration), moment) for moment in moments)
    return sorted((span for span in cut if span.start < span.end), key=lambda span: (span.start, span.end))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint intervals in order that cover the same time."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def uncovered(spans: Sequence[Span], duration: Fraction, at_least: Fraction) -> list[Interval]:
    """The stretches of `at_least` seconds or more that no span covers."""
    covered = union((span.start, span.end) for span in spans)
    edges = [Fraction(0), *(edge for interval in covered for edge in interval), duration]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= at_least]
