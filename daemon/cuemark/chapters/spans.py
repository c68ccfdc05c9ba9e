"""Moments as spans inside the media, and the stretches no moment covers.  Exact times throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.analysis import Moment


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
